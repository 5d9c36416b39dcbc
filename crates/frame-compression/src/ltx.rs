//! What LTX's models expect of their start images, for programs that do LTX's step themselves.

/// A model, or a program around it, with the CRF of its start images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Model {
    /// Its name in lower case, as [`default_crf`] looks it up.
    pub name: &'static str,
    /// The CRF.
    pub crf: u8,
    /// Who says so.
    pub source: &'static str,
}

/// The models that are known.
pub const MODELS: &[Model] = &[
    Model { name: "ltx-video", crf: 29, source: "LTX-Video 0.1.2, ltx_video/pipelines/crf_compressor.py" },
    Model { name: "ltx-2", crf: 33, source: "LTX-2, DEFAULT_IMAGE_CRF of ltx_pipelines/utils/constants.py" },
    Model {
        name: "ltx-2.3",
        crf: 18,
        source: "ComfyUI-LTXVideo's official workflows; LTX-2's own code takes 33",
    },
    Model {
        name: "ltx-2.4",
        crf: 18,
        source: "LTX-2, LTX_2_4_IMAGE_CRF of ltx_pipelines/utils/constants.py",
    },
    Model {
        name: "ltx-2.5",
        crf: 18,
        source: "LTX-2, and diffusers, LTX2_5_IMAGE_CRF of pipelines/ltx2/utils.py",
    },
    Model { name: "comfyui", crf: 35, source: "ComfyUI, default of the node LTXVPreprocess" },
];

/// The CRF of models that are not known: what LTX-2's code takes for them.
pub const UNKNOWN_CRF: u8 = 33;

/// The CRF that a model's start images are compressed with, by the model's name: `LTX-2.5`, `Lightricks/LTX-Video-0.9.7`.
/// The owner, capital letters, and what follows the name do not matter; underscores are as hyphens. A model that is not
/// known has [`UNKNOWN_CRF`].
///
/// ```
/// use frame_compression::{Cores, FrameCompressor, H264, ltx};
///
/// let crf = ltx::default_crf("Lightricks/LTX-2.5");
/// assert_eq!((crf, ltx::default_crf("LTX-Video")), (18, 29));
/// let compressor = FrameCompressor::new(H264::ltx(f64::from(crf), Cores::One)?);
/// # Ok::<(), frame_compression::Error>(())
/// ```
pub fn default_crf(model: &str) -> u8 {
    let name = model.rsplit('/').next().unwrap_or(model).to_lowercase().replace('_', "-");
    let known = MODELS.iter().filter(|known| {
        // `ltx-2` is no `ltx-2.3`, and no `ltx-20`.
        name.strip_prefix(known.name).is_some_and(|rest| {
            let mut rest = rest.chars();
            match rest.next() {
                Some('.') => !rest.next().is_some_and(|next| next.is_ascii_digit() && next != '0'),
                Some(next) => !next.is_ascii_digit(),
                None => true,
            }
        })
    });
    known.max_by_key(|known| known.name.len()).map_or(UNKNOWN_CRF, |known| known.crf)
}

#[cfg(test)]
mod tests {
    use super::default_crf;

    #[test]
    fn models_are_told_by_their_names() {
        for (model, crf) in [
            ("LTX-Video", 29),
            ("Lightricks/LTX-Video-0.9.8-13B-distilled", 29),
            ("ltx_video", 29),
            ("LTX-2", 33),
            ("Lightricks/LTX-2", 33),
            ("ltx-2-19b-dev", 33),
            ("ltx-2.0", 33),
            ("LTX-2.3", 18),
            ("ltx-2.3-22b-distilled.safetensors", 18),
            ("LTX-2.4", 18),
            ("Lightricks/LTX-2.5-Diffusers", 18),
            ("ComfyUI", 35),
            ("ltx-20", 33),
            ("ltx-2.1", 33),
            ("", 33),
            ("something else", 33),
        ] {
            assert_eq!(default_crf(model), crf, "{model}");
        }
    }
}
