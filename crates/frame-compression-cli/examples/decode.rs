//! Decodes pictures as the command does, for comparisons: writes `width height channels` and a line feed, then the
//! samples, to each picture's name with `.raw` after it; or `error`, a line feed and the reason.

use std::{env, fs};

use frame_compression_cli::picture::Picture;

fn main() -> std::io::Result<()> {
    for name in env::args().skip(1) {
        let raw = match Picture::decode(&fs::read(&name)?) {
            Err(error) => format!("error\n{error}").into_bytes(),
            Ok(picture) => {
                let channels = if picture.alpha.is_some() { 4 } else { 3 };
                let mut raw = format!("{} {} {channels}\n", picture.width, picture.height).into_bytes();
                match picture.alpha {
                    None => raw.extend(picture.rgb),
                    Some(alpha) => {
                        let (pixels, _) = picture.rgb.as_chunks::<3>();
                        raw.extend(pixels.iter().zip(alpha).flat_map(|([r, g, b], a)| [*r, *g, *b, a]));
                    }
                }
                raw
            }
        };
        fs::write(format!("{name}.raw"), raw)?;
    }
    Ok(())
}
