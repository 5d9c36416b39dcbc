//! A folder with pictures, and the command run in it.

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use frame_compression::{Codec, FrameCompressor, Tensor};
use frame_compression_cli::picture::Picture;
use image::{DynamicImage, RgbImage};
use tempfile::TempDir;
use test_pictures::{Content, Photograph};

/// A folder that goes when the test ends.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    pub(crate) fn new() -> Self {
        Self { folder: TempDir::new().unwrap() }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a piece of a photograph, in the format of the name's extension. Other names get another piece.
    pub(crate) fn picture(&self, name: &str, width: u32, height: u32) -> RgbImage {
        let picture = photograph(name.len() * 7, width, height);
        self.save(name, &picture.clone().into());
        picture
    }

    pub(crate) fn save(&self, name: &str, image: &DynamicImage) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        image.save(path).unwrap();
    }

    pub(crate) fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// `frame-compression` with arguments, spaces between them.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::cargo_bin("frame-compression").unwrap();
        command.current_dir(&self.folder).args(arguments.split_whitespace());
        command
    }

    /// A line of a shell, `$0` being the command. The line gives up after a minute.
    #[cfg(unix)]
    pub(crate) fn shell(&self, line: &str) -> Command {
        let mut shell = Command::new("sh");
        shell.current_dir(&self.folder).arg("-c").arg(line).arg(self.command("").get_program());
        shell.timeout(std::time::Duration::from_secs(60));
        shell
    }

    /// The pixels of a file. Those of a JPEG are libjpeg-turbo's, which the oracle's tests prove.
    pub(crate) fn read(&self, name: &str) -> DynamicImage {
        if name.ends_with(".jpg") {
            let picture = Picture::decode(&fs::read(self.path(name)).unwrap()).unwrap();
            let size = (picture.width as u32, picture.height as u32);
            return RgbImage::from_raw(size.0, size.1, picture.rgb).unwrap().into();
        }
        image::open(self.path(name)).unwrap()
    }

    /// Names of all files below a folder, sorted, with `/` between the parts.
    pub(crate) fn files(&self, folder: &str) -> Vec<String> {
        let root = self.path(folder);
        let mut names = Vec::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(&root).unwrap().components();
                    names.push(
                        name.map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"),
                    );
                }
            }
        }
        names.sort();
        names
    }
}

/// What `apply` prints with `--json`.
pub(crate) fn json(output: &[u8]) -> serde_json::Value {
    serde_json::from_slice(output)
        .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(output)))
}

pub(crate) fn photograph(left: usize, width: u32, height: u32) -> RgbImage {
    let piece = Photograph::Astronaut.piece(width as usize, height as usize, left, 60);
    RgbImage::from_raw(width, height, piece.rgb).unwrap()
}

/// A picture of `test-pictures`.
pub(crate) fn content(name: &str, width: u32, height: u32) -> RgbImage {
    let picture = Content::named(name).unwrap().picture(width as usize, height as usize);
    RgbImage::from_raw(width, height, picture.rgb).unwrap()
}

/// What the library makes of a picture.
pub(crate) fn with_artifacts(picture: &RgbImage, codec: Codec, crf: f32) -> RgbImage {
    coded(picture, FrameCompressor::new(codec).crf(crf).unwrap())
}

/// What a compressor makes of a picture.
pub(crate) fn coded(picture: &RgbImage, mut compressor: FrameCompressor) -> RgbImage {
    let (width, height) = picture.dimensions();
    let tensor = Tensor::new(picture.as_raw().clone(), &[1, height as usize, width as usize, 3]).unwrap();
    RgbImage::from_raw(width, height, compressor.apply(&tensor).unwrap().into_vec()).unwrap()
}

/// Whether this file, and not only its name, is there.
pub(crate) fn size_of(path: &Path) -> u64 {
    fs::metadata(path).map(|data| data.len()).unwrap_or(0)
}

/// A chunk of a PNG, with its length and checksum.
pub(crate) fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let mut bytes = (content.len() as u32).to_be_bytes().to_vec();
    bytes.extend(name);
    bytes.extend(content);
    bytes.extend(crc32fast::hash(&bytes[4..]).to_be_bytes());
    bytes
}
