//! `docs/settings.md` is made from the library's own tables: `UPDATE_DOCS=1 cargo test --test settings_page` writes it anew.

use std::fmt::Write;
use std::path::Path;

use frame_compression::{Codec, Crf, Quality, Settings};

const HEAD: &str = "\
# Codecs and settings

This page is made from the library's own tables, which the command's options, Python's keywords and objects, C's and
Swift's settings and the playground's controls are made from too. `cargo test` compares it with them;
`UPDATE_DOCS=1 cargo test --test settings_page` writes it anew.

A setting has the same name everywhere:

| | |
|---|---|
| Rust | `H264::crf(23.0)?.preset(H264Preset::Medium)`, or `\"h264:crf=23:preset=medium\".parse::<Settings>()?` |
| command | `--codec h264 --crf 23 --preset medium`, or `--codec h264:crf=23:preset=medium` |
| Python | `H264(crf=23, preset=\"medium\")`, or `\"h264\", crf=23, preset=\"medium\"` |
| C, Swift | `\"h264:crf=23:preset=medium\"` |

*LTX codes at `fps` 1, the default. ffmpeg, and everything that is made with it, takes an image for 25 frames a second.
Leaving that out makes training data too clean.*
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for codec in Codec::ALL {
        let settings = Settings::from(codec);
        let exact_with =
            settings.exact_with().expect("every engine of this library is exact with an encoder");
        let _ = write!(
            page,
            "\n## {codec}\n\n{}.\nThe picture of {exact_with}, bit for bit.\n\n",
            codec.description()
        );
        page.push_str("| setting | values | default | what it does |\n|---|---|---|---|\n");
        for setting in settings.table() {
            let default = setting.default.map_or(String::from("not set"), |default| format!("`{default}`"));
            let _ =
                writeln!(page, "| `{}` | {} | {default} | {} |", setting.name, setting.kind, setting.help);
        }
    }
    page.push_str(&strengths());
    page
}

/// How the two scales go together.
fn strengths() -> String {
    let mut table = String::from(
        "\n## Quality and CRF\n\nOne scale for every codec, 0 to 100, and H.264's and H.265's own go together so:\n`crf = round((100 - quality) / 100 * 51)`.\n\n\
         | quality | 100 | 90 | 80 | 70 | 60 | 50 | 43 | 40 | 30 | 20 | 10 | 0 |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n| CRF |",
    );
    for quality in [100.0, 90.0, 80.0, 70.0, 60.0, 50.0, 43.0, 40.0, 30.0, 20.0, 10.0, 0.0] {
        let crf = Crf::from(Quality::new(quality).expect("a quality"));
        let _ = write!(table, " {} |", crf.get());
    }
    table.push('\n');
    table
}

#[test]
fn the_page_of_settings_is_that_of_the_library() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/settings.md");
    let page = page();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &page).expect("docs/settings.md can be written");
    }
    let written = std::fs::read_to_string(&path).expect("docs/settings.md is there");
    assert!(
        written == page,
        "docs/settings.md is not what the tables say: UPDATE_DOCS=1 cargo test --test settings_page writes it anew"
    );
}
