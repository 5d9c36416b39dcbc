//! YUV4MPEG2: a line that describes the clip, then each frame's planes as they are.

use std::io::{self, BufRead, Read as _, Write};

use frame_compression::{Component, MAX_SIDE, Planes, Subsampling};

/// What every YUV4MPEG2 stream begins with.
pub(super) const SIGNATURE: &[u8] = b"YUV4MPEG2";

/// No line of a stream is longer.
const LONGEST_LINE: u64 = 4096;

/// Why a stream cannot be read. The messages go on from its name.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("cannot be read: {0}")]
    File(#[from] io::Error),
    #[error("is no YUV4MPEG2 stream, which begins with {}", String::from_utf8_lossy(SIGNATURE))]
    Signature,
    #[error("has {0} in its first line: {1}")]
    Header(String, &'static str),
    #[error("has no {0} in its first line")]
    Missing(&'static str),
    #[error("has a line of over {LONGEST_LINE} bytes")]
    LongLine,
    #[error("has something else than FRAME where frame {0} begins")]
    NoFrame(u64),
    #[error("ends within frame {0}")]
    Truncated(u64),
}

/// A stream's first line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) subsampling: Subsampling,
    /// Frames a second, such as `30000:1001`; `None` where the stream does not know.
    pub(super) rate: Option<(u32, u32)>,
    /// As it stands, without its end.
    line: Vec<u8>,
}

impl Header {
    fn of(line: Vec<u8>) -> Result<Self, ReadError> {
        let text = String::from_utf8_lossy(&line).into_owned();
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        if words.next().map(str::as_bytes) != Some(SIGNATURE) {
            return Err(ReadError::Signature);
        }
        let (mut width, mut height, mut rate, mut subsampling) = (None, None, None, Subsampling::S420);
        for word in words {
            let wrong = |allowed| ReadError::Header(word.to_owned(), allowed);
            let Some((kind, value)) = word.split_at_checked(1) else { continue };
            let side = || match value.parse() {
                Ok(side @ 1..=MAX_SIDE) => Ok(Some(side)),
                _ => Err(wrong("sides are from 1 to 16384")),
            };
            match kind {
                "W" => width = side()?,
                "H" => height = side()?,
                "F" => {
                    rate = rate_of(value).ok_or_else(|| wrong("it has to be a rate such as F30000:1001"))?
                }
                "I" if !matches!(value, "p" | "?") => return Err(wrong("frames have to be progressive, Ip")),
                "C" => {
                    let allowed = "8-bit planes are read: C420 (jpeg, mpeg2, paldv), C422, C444 and C411";
                    subsampling = subsampling_of(value).ok_or_else(|| wrong(allowed))?;
                }
                _ => {}
            }
        }
        let width = width.ok_or(ReadError::Missing("width (W)"))?;
        let height = height.ok_or(ReadError::Missing("height (H)"))?;
        Ok(Self { width, height, subsampling, rate, line })
    }
}

/// `None` where it cannot be read, `Some(None)` for a rate that is unknown.
fn rate_of(text: &str) -> Option<Option<(u32, u32)>> {
    let (frames, seconds) = text.split_once(':')?;
    let rate = (frames.parse().ok()?, seconds.parse().ok()?);
    Some((rate.0 > 0 && rate.1 > 0).then_some(rate))
}

fn subsampling_of(text: &str) -> Option<Subsampling> {
    match text {
        // Where the chroma samples lie is nothing that a codec looks at.
        "420" | "420jpeg" | "420mpeg2" | "420paldv" => Some(Subsampling::S420),
        "422" => Some(Subsampling::S422),
        "444" => Some(Subsampling::S444),
        "411" => Some(Subsampling::S411),
        _ => None,
    }
}

/// Reads a stream frame by frame.
pub(super) struct Reader<R> {
    source: R,
    header: Header,
    frames: u64,
}

impl<R: BufRead> Reader<R> {
    /// Reads the first line.
    pub(super) fn new(mut source: R) -> Result<Self, ReadError> {
        let line = line(&mut source)?.ok_or(ReadError::Signature)?;
        Ok(Self { source, header: Header::of(line)?, frames: 0 })
    }

    pub(super) fn header(&self) -> &Header {
        &self.header
    }

    /// Reads the next frame; `false` at the end. The planes have the header's size and subsampling.
    pub(super) fn read(&mut self, planes: &mut Planes) -> Result<bool, ReadError> {
        let Some(line) = line(&mut self.source)? else { return Ok(false) };
        if line.split(|&byte| byte == b' ').next() != Some(b"FRAME") {
            return Err(ReadError::NoFrame(self.frames));
        }
        for component in [Component::Y, Component::Cb, Component::Cr] {
            for y in 0..planes.size(component).1 {
                self.source.read_exact(planes.row_mut(component, y)).map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => ReadError::Truncated(self.frames),
                    _ => error.into(),
                })?;
            }
        }
        self.frames += 1;
        Ok(true)
    }
}

/// A line without its end; `None` at the end of the stream.
fn line(source: &mut impl BufRead) -> Result<Option<Vec<u8>>, ReadError> {
    let mut line = Vec::new();
    source.take(LONGEST_LINE).read_until(b'\n', &mut line)?;
    match line.pop() {
        None => Ok(None),
        Some(b'\n') => Ok(Some(line)),
        Some(_) if line.len() as u64 + 1 == LONGEST_LINE => Err(ReadError::LongLine),
        // What is not ended is no line: a stream that was cut off.
        Some(last) => {
            line.push(last);
            Ok(Some(line))
        }
    }
}

/// Writes the first line, as it was read.
pub(super) fn write_header(header: &Header, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(&header.line)?;
    output.write_all(b"\n")
}

/// Writes a frame.
pub(super) fn write_frame(planes: &Planes, output: &mut dyn Write) -> io::Result<()> {
    output.write_all(b"FRAME\n")?;
    for component in [Component::Y, Component::Cb, Component::Cr] {
        for y in 0..planes.size(component).1 {
            output.write_all(planes.row(component, y))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(line: &str) -> Result<Header, String> {
        Reader::new(line.as_bytes()).map(|reader| reader.header).map_err(|error| error.to_string())
    }

    #[test]
    fn first_lines_are_read_or_refused_in_words() {
        let read = header("YUV4MPEG2 W96 H64 F30000:1001 Ip A1:1 C420mpeg2 XYSCSS=420MPEG2\n").unwrap();
        assert_eq!((read.width, read.height, read.subsampling), (96, 64, Subsampling::S420));
        assert_eq!(read.rate, Some((30_000, 1001)));
        let read = header("YUV4MPEG2 H2 W1 F0:0 C444\n").unwrap();
        assert_eq!((read.width, read.height, read.subsampling, read.rate), (1, 2, Subsampling::S444, None));
        for (line, reason) in [
            ("", "no YUV4MPEG2 stream"),
            ("RIFF\n", "no YUV4MPEG2 stream"),
            ("YUV4MPEG2 W96\n", "no height (H)"),
            ("YUV4MPEG2 H96\n", "no width (W)"),
            ("YUV4MPEG2 W0 H64\n", "W0"),
            ("YUV4MPEG2 W20000 H64\n", "16384"),
            ("YUV4MPEG2 W96 H64 C420p10\n", "8-bit"),
            ("YUV4MPEG2 W96 H64 It\n", "progressive"),
            ("YUV4MPEG2 W96 H64 F25\n", "F30000:1001"),
        ] {
            let error = header(line).unwrap_err();
            assert!(error.contains(reason), "{line:?}: {error}");
        }
        assert!(header(&format!("YUV4MPEG2 {}", "X".repeat(5000))).unwrap_err().contains("4096"));
    }

    #[test]
    fn frames_are_written_as_they_are_read() {
        for (subsampling, name) in
            [(Subsampling::S420, "C420jpeg"), (Subsampling::S422, "C422"), (Subsampling::S411, "C411")]
        {
            // Odd sides: chroma is rounded up.
            let mut planes = Planes::new(7, 5, subsampling).unwrap();
            let samples: usize = [Component::Y, Component::Cb, Component::Cr]
                .map(|component| planes.size(component))
                .iter()
                .map(|(width, height)| width * height)
                .sum();
            let mut stream = format!("YUV4MPEG2 W7 H5 F25:1 {name}\n").into_bytes();
            for first in [0, 100] {
                stream.extend(b"FRAME\n");
                stream.extend((0..samples).map(|i| (first + i) as u8));
            }
            let mut reader = Reader::new(&stream[..]).unwrap();
            let mut written = Vec::new();
            write_header(reader.header(), &mut written).unwrap();
            while reader.read(&mut planes).unwrap() {
                write_frame(&planes, &mut written).unwrap();
            }
            assert_eq!(written, stream, "{name}");
            // Cut anywhere within the second frame it is an error; between frames it is an end.
            let second = stream.len() - samples - 6;
            for length in second + 1..stream.len() {
                let mut reader = Reader::new(&stream[..length]).unwrap();
                assert!(reader.read(&mut planes).unwrap());
                assert!(reader.read(&mut planes).is_err(), "{name}, {length} bytes");
            }
        }
    }
}
