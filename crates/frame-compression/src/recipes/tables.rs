//! The recipes.

use super::Values::{Between, One, Weighted, Whole};
use super::{Coding, Recipe, Step, Values};
use crate::names::Codec;

pub(super) const ALL: &[Recipe] = &[
    APISR,
    WTP,
    REAL_ESRGAN,
    VIDEOSEAL,
    VIDEOSEAL_CLIP,
    VCISR,
    VCISR_CLIP,
    ANIMESR_CLIP,
    CNN_DETECTION,
    ALBUMENTATIONS_IMAGE_COMPRESSION,
];

type Settings = &'static [(&'static str, Values)];

const fn coding(codec: Codec, weight: f64, settings: Settings) -> Coding {
    Coding { codec, weight, settings }
}

/// A step that is always taken.
const fn always(codings: &'static [Coding]) -> Step {
    Step { p: 1.0, codings }
}

const APISR_JPEG: Settings = &[("quality", Whole(20, 95))];
const APISR_WEBP: Settings = &[("method", Whole(0, 6)), ("quality", Whole(20, 95))];
const APISR_MPEG: Settings = &[("colours", One("ffmpeg")), ("qscale", Whole(8, 31))];
const APISR_PRESETS: Values =
    Weighted(&[("slow", 0.05), ("medium", 0.35), ("fast", 0.3), ("faster", 0.2), ("superfast", 0.1)]);
const APISR_H264: Settings =
    &[("colours", One("ffmpeg")), ("crf", Whole(23, 38)), ("fps", One("25")), ("preset", APISR_PRESETS)];
const APISR_H265: Settings =
    &[("colours", One("ffmpeg")), ("crf", Whole(28, 42)), ("fps", One("25")), ("preset", APISR_PRESETS)];

const APISR: Recipe = Recipe {
    name: "apisr",
    description: "APISR (anime super-resolution): an image codec in its first stage, any of six codecs in its second",
    source: "Kiteretsu77/APISR, 19a3318f: opt.py, degradation/image_compression, degradation/video_compression",
    steps: &[
        always(&[coding(Codec::Jpeg, 0.4, APISR_JPEG), coding(Codec::WebP, 0.6, APISR_WEBP)]),
        always(&[
            coding(Codec::Jpeg, 0.06, APISR_JPEG),
            coding(Codec::WebP, 0.1, APISR_WEBP),
            coding(Codec::Mpeg2, 0.12, APISR_MPEG),
            coding(Codec::Mpeg4, 0.12, APISR_MPEG),
            coding(Codec::H264, 0.3, APISR_H264),
            coding(Codec::H265, 0.2, APISR_H265),
        ]),
    ],
    not_covered: &[
        "AVIF in the second stage, weight 0.1: the others are drawn more often instead",
        "colours are those of ffmpeg 8 and newer, and x265 is 4.2: settings of your own say others",
    ],
};

const WTP: Recipe = Recipe {
    name: "wtp",
    description: "wtp_dataset_destroyer's compress with its default qualities, JPEG and WebP equally often",
    source: "umzi2/wtp_dataset_destroyer, 003b3844: src/process/compress_degr.py",
    steps: &[always(&[
        coding(Codec::Jpeg, 1.0, &[("quality", Whole(90, 100))]),
        coding(Codec::WebP, 1.0, &[("quality", Whole(90, 100))]),
    ])],
    not_covered: &[
        "h264, which ffmpeg codes in 4:4:4 there, hevc, in GBR, mpeg (MPEG-1) and vp9: refused",
        "its MPEG-2 gets BGR, of which ffmpeg makes planes in another way than of RGB: this is ffmpeg's picture of RGB",
        "its MPEG-2 of pictures that are not square, whose rows it mixes up: those are coded as they are",
    ],
};

const DIFF_JPEG: &str =
    "the pipeline's DiffJPEG, which imitates JPEG: this is libjpeg-turbo's picture of the same quality";
const JPEG_30_95: Step = always(&[coding(Codec::Jpeg, 1.0, &[("quality", Between(30.0, 95.0))])]);

const REAL_ESRGAN: Recipe = Recipe {
    name: "real_esrgan",
    description: "Real-ESRGAN: JPEG twice",
    source: "xinntao/Real-ESRGAN, 00116244: options/train_realesrgan_x4plus.yml (jpeg_range, jpeg_range2)",
    steps: &[JPEG_30_95, JPEG_30_95],
    not_covered: &[DIFF_JPEG],
};

const VIDEOSEAL: Recipe = Recipe {
    name: "videoseal",
    description: "Video Seal, image part: Pillow's JPEG",
    source: "facebookresearch/videoseal, cc0eaa8a: configs/all_augs.yaml",
    steps: &[always(&[coding(Codec::Jpeg, 1.0, &[("quality", Whole(40, 80))])])],
    not_covered: &[
        "video compression of clips: the recipe videoseal_clip",
        "which augmentation is drawn at all: p is 1 here",
    ],
};

const VIDEOSEAL_CRFS: Values = Weighted(&[("28", 1.0), ("34", 1.0), ("40", 1.0), ("46", 1.0)]);

const VIDEOSEAL_CLIP: Recipe = Recipe {
    name: "videoseal_clip",
    description: "Video Seal, its video compression, of clips: x264 by PyAV",
    source: "facebookresearch/videoseal, cc0eaa8a: configs/all_augs.yaml, videoseal/augmentation/video.py",
    steps: &[always(&[coding(
        Codec::H264,
        1.0,
        &[("crf", VIDEOSEAL_CRFS), ("fps", One("24")), ("preset", One("medium"))],
    )])],
    not_covered: &[
        "PyAV codes a clip in a slice for each core of the machine: this is one slice; the setting slices says others",
        "which augmentation is drawn at all: p is 1 here",
    ],
};

const ANIMESR_CLIP: Recipe = Recipe {
    name: "animesr_clip",
    description: "AnimeSR, its video compression, of clips: x264 by the command ffmpeg",
    source: "TencentARC/AnimeSR, a893651b: animesr/data/ffmpeg_anime_dataset.py",
    steps: &[always(&[coding(
        Codec::H264,
        1.0,
        &[
            ("colours", One("ffmpeg")),
            ("crf", Between(18.0, 35.0)),
            ("fps", One("25")),
            ("preset", One("medium")),
        ],
    )])],
    not_covered: &[
        "profiles baseline, weight 0.1, and main, 0.2: high, whose weight is 0.7, is drawn instead",
        "with several threads ffmpeg lets no vector point far down: this is ffmpeg's picture with -threads 1",
    ],
};

const VCISR: Recipe = Recipe {
    name: "vcisr",
    description: "VCISR, image part: JPEG twice, as in its mode V1",
    source: "Kiteretsu77/VCISR-official, a2bebc95: opt.py, degradation/degradation_esr_v1.py",
    steps: &[JPEG_30_95, JPEG_30_95],
    not_covered: &[DIFF_JPEG, "mode V2's clips of several frames: the recipe vcisr_clip"],
};

const VCISR_PRESETS: Values =
    Weighted(&[("medium", 0.5), ("fast", 0.25), ("faster", 0.12), ("superfast", 0.03)]);

const VCISR_CLIP: Recipe = Recipe {
    name: "vcisr_clip",
    description: "VCISR, mode V2, the part of x264, of clips: x264 by the command ffmpeg",
    source: "Kiteretsu77/VCISR-official, a2bebc95: opt.py, degradation/video_compression.py",
    steps: &[always(&[coding(
        Codec::H264,
        1.0,
        &[
            ("colours", One("ffmpeg")),
            ("crf", Whole(20, 32)),
            ("fps", Whole(16, 30)),
            ("preset", VCISR_PRESETS),
        ],
    )])],
    not_covered: &[
        "mpeg2video and libxvid, weight 0.2 each, whose rate is in bits a second, and libx265, 0.2: x264, whose weight is 0.4, is drawn instead",
        "preset slow, weight 0.1: the others are drawn more often instead",
        "the width that is made 0.8 to 1.35 times as large before and back behind, in 6 of 10 clips",
        "with several threads ffmpeg lets no vector point far down: this is ffmpeg's picture with -threads 1",
    ],
};

const CNN_DETECTION: Recipe = Recipe {
    name: "cnn_detection",
    description: "CNNDetection, as its model blur_jpg_prob0.5 was trained: JPEG by OpenCV or Pillow, which give equal pixels",
    source: "PeterWang512/CNNDetection, 1f9a3263: data/datasets.py, options/base_options.py \
             (--jpg_prob 0.5 --jpg_qual 30,100)",
    steps: &[Step { p: 0.5, codings: &[coding(Codec::Jpeg, 1.0, &[("quality", Whole(30, 100))])] }],
    not_covered: &[],
};

const ALBUMENTATIONS_IMAGE_COMPRESSION: Recipe = Recipe {
    name: "albumentations_image_compression",
    description: "ImageCompression of Albumentations with its defaults: JPEG of quality 99 or 100, every second image",
    source: "albumentations 2.0.8: ImageCompression(compression_type='jpeg', quality_range=(99, 100), p=0.5)",
    steps: &[Step { p: 0.5, codings: &[coding(Codec::Jpeg, 1.0, &[("quality", Whole(99, 100))])] }],
    not_covered: &[],
};
