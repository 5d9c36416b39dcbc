//! Picture files that a fuzzer makes up, through the decoders of the command.

use frame_compression_cli::picture::Picture;

/// What is no picture gives an error in words; what is one is whole, and as a PNG file it is read as the same picture.
pub fn check_file(file: &[u8]) {
    let picture = match Picture::decode(file) {
        Ok(picture) => picture,
        Err(error) => {
            let text = error.to_string();
            assert!(!text.is_empty());
            assert!(!text.contains("panicked"), "{text}");
            return;
        }
    };
    let pixels = picture.width * picture.height;
    assert!(pixels > 0);
    assert_eq!(picture.rgb.len(), pixels * 3);
    assert!(picture.alpha.as_ref().is_none_or(|alpha| alpha.len() == pixels));
    // A large picture takes long to write.
    if pixels < 1 << 16 {
        let written = picture.to_png().expect("a picture can be written");
        let again = Picture::decode(&written).expect("what was written can be read");
        assert_eq!((again.width, again.height), (picture.width, picture.height));
        assert!(again.rgb == picture.rgb && again.alpha == picture.alpha, "the samples are others");
    }
}
