//! The report as one HTML file that needs nothing else.

use serde::Serialize;
use serde_json::error::Result;

use super::Report;

const PAGE: &str = include_str!("page.html");
/// The viewer that the playground has too. It lies in this package so that the package is whole.
const VIEWER: [&str; 2] = [include_str!("../../viewer/viewer.css"), include_str!("../../viewer/viewer.js")];
const STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("report.js");

/// What the page's script reads.
#[derive(Serialize)]
struct Data<'a> {
    about: String,
    #[serde(flatten)]
    report: &'a Report,
}

/// The page.
pub(super) fn page(report: &Report, about: String) -> Result<String> {
    // `<` could end the script element; JSON needs it only inside of strings, where it can be written so.
    let data = serde_json::to_string(&Data { about, report })?.replace('<', "\\u003c");
    let mut page = String::with_capacity(data.len() + 65536);
    let mut rest = PAGE;
    for (mark, content) in [
        ("/*STYLE*/", [VIEWER[0], STYLE].concat()),
        ("/*DATA*/", data),
        ("/*SCRIPT*/", [VIEWER[1], SCRIPT].concat()),
    ] {
        let (before, after) = rest.split_once(mark).unwrap_or((rest, ""));
        page.push_str(before);
        page.push_str(&content);
        rest = after;
    }
    page.push_str(rest);
    Ok(page)
}
