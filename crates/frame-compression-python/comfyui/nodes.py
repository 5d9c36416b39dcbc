"""The nodes. An IMAGE of ComfyUI is a tensor (images, height, width, channels), floating-point, 0 to 1."""

from __future__ import annotations

import functools
from typing import Any

import torch
from frame_compression import CODECS, ltx
from frame_compression.transforms import Params, recipes
from frame_compression.transforms.torchvision import CompressionArtifacts


class LTXVPreprocess:
    """ComfyUI's own node of this name, without the mp4: the same inputs, the same pixels."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """What the node shows."""
        return {
            "required": {
                "image": ("IMAGE",),
                "img_compression": (
                    "INT",
                    {"default": 35, "min": 0, "max": 100, "tooltip": "The CRF of x264: 0 leaves the image, 51 is the most."},
                ),
            },
            "optional": {
                "cores": (
                    "STRING",
                    {
                        "default": "1",
                        "tooltip": "Whose pixels: 1 is the same everywhere; this is what ComfyUI's own node gives here; "
                        "a number; server is any machine with enough cores.",
                    },
                ),
                "machine": (["x86-64", "arm64"], {"default": "x86-64"}),
            },
        }

    RETURN_TYPES = ("IMAGE",)
    RETURN_NAMES = ("output_image",)
    FUNCTION = "preprocess"
    CATEGORY = "image/compression"
    DESCRIPTION = "H.264 artifacts as LTX's models expect them in start images. Odd sides lose a row or column, as in LTX."

    def preprocess(
        self, image: torch.Tensor, img_compression: int, cores: str = "1", machine: ltx.Machine = "x86-64"
    ) -> tuple[torch.Tensor]:
        """Every image of the batch with H.264's artifacts."""
        images = [ltx.compress(one, img_compression, cores=cores, machine=machine) for one in image]  # type: ignore[arg-type]
        return (torch.stack(images),)


def _value(text: str) -> int | float | str:
    """What was typed, as a number where it is one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            pass
    return text


class CompressionArtifactsNode:
    """The artifacts of any codec at any strength. Keeps odd sizes; an alpha channel passes through."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """What the node shows."""
        return {
            "required": {
                "image": ("IMAGE",),
                "codec": (list(CODECS),),
                "quality": (
                    "FLOAT",
                    {"default": 43.0, "min": 0.0, "max": 100.0, "step": 0.5, "tooltip": "0 is the worst, 100 the best."},
                ),
            },
            "optional": {
                "subsampling": (
                    ["420", "422", "444", "440", "411", "grey"],
                    {"default": "420", "tooltip": "Chroma subsampling of JPEG; the other codecs have 420."},
                ),
                "settings": (
                    "STRING",
                    {"default": "", "tooltip": "Other settings of the codec: preset=medium fps=25, or slices=4 machine=arm64."},
                ),
            },
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "apply"
    CATEGORY = "image/compression"
    DESCRIPTION = "The artifacts that a codec (H.264, H.265, JPEG, WebP, MPEG) would leave in the image."

    def apply(
        self, image: torch.Tensor, codec: str, quality: float, subsampling: str = "420", settings: str = ""
    ) -> tuple[torch.Tensor]:
        """Every image of the batch with the codec's artifacts."""
        params: Params = {
            "codec": codec,  # type: ignore[typeddict-item]
            "quality": quality,
            "crf": None,
            "subsampling": subsampling if codec == "jpeg" else None,  # type: ignore[typeddict-item]
            "settings": _settings(settings) or None,
        }
        return (_compressed(image, params),)


class RecipeNode:
    """What a published training pipeline compresses with, drawn for each image of the batch. An alpha channel passes through."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """What the node shows."""
        return {
            "required": {
                "image": ("IMAGE",),
                "recipe": (list(recipes.NAMES), {"tooltip": "\n".join(str(recipes.named(name)) for name in recipes.NAMES)}),
                "seed": ("INT", {"default": 0, "min": 0, "max": 2**64 - 1, "tooltip": "The same seed draws the same."}),
            },
        }

    RETURN_TYPES = ("IMAGE", "STRING")
    RETURN_NAMES = ("image", "drawn")
    FUNCTION = "apply"
    CATEGORY = "image/compression"
    DESCRIPTION = (
        "Draws codecs and strengths as a training pipeline does (APISR, Real-ESRGAN, ...), and puts their artifacts into "
        "each image. `drawn` says what was drawn, a line for each image."
    )

    def apply(self, image: torch.Tensor, recipe: str, seed: int) -> tuple[torch.Tensor, str]:
        """Every image of the batch with what was drawn for it, by its number in the batch; and what was drawn."""
        draws = [recipes.named(recipe).draw_for(str(number), seed) for number in range(len(image))]
        results = [functools.reduce(_compressed, drawn, one) for one, drawn in zip(image, draws)]
        texts = (", ".join(recipes.as_text(params) or "nothing" for params in drawn) for drawn in draws)
        return torch.stack(results), "\n".join(f"{number}: {text}" for number, text in enumerate(texts))


class ClipNode:
    """H.264's artifacts in a batch that is a clip: its images are frames, which the codec predicts from one another."""

    @classmethod
    def INPUT_TYPES(cls) -> dict[str, Any]:
        """What the node shows."""
        return {
            "required": {
                "image": ("IMAGE", {"tooltip": "The frames of the clip, in the order in which they are shown."}),
                "crf": ("FLOAT", {"default": 28.0, "min": 0.0, "max": 51.0, "step": 0.5, "tooltip": "51 is the most."}),
                "fps": (
                    "FLOAT",
                    {
                        "default": 25.0,
                        "min": 1.0,
                        "max": 240.0,
                        "step": 0.001,
                        "tooltip": "Frames a second: more of them are coarser at the same CRF.",
                    },
                ),
                "preset": (["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"], {"default": "medium"}),
            },
            "optional": {
                "bframes": (
                    "INT",
                    {"default": -1, "min": -1, "max": 16, "tooltip": "B frames in a row at most; -1: as many as the preset has."},
                ),
                "settings": ("STRING", {"default": "", "tooltip": "Other settings of H.264: slices=2."}),
            },
        }

    RETURN_TYPES = ("IMAGE",)
    FUNCTION = "apply"
    CATEGORY = "image/compression"
    DESCRIPTION = "The artifacts that H.264 (x264) would leave in a clip. Keeps odd sizes; an alpha channel passes through."

    def apply(
        self, image: torch.Tensor, crf: float, fps: float, preset: str, bframes: int = -1, settings: str = ""
    ) -> tuple[torch.Tensor]:
        """The frames with the artifacts of the clip that they are."""
        params: Params = {
            "codec": "h264",
            "quality": None,
            "crf": crf,
            "subsampling": None,
            "settings": {"fps": fps, "preset": preset, **_settings(settings)},
        }
        degrade = CompressionArtifacts("h264", clips=True, bframes=None if bframes < 0 else bframes)
        return (_compressed(image, params, degrade),)


def _settings(text: str) -> dict[str, int | float | str]:
    """Settings as they are typed: names and values, blanks between."""
    return {name: _value(value) for name, _, value in (setting.partition("=") for setting in text.split())}


def _compressed(
    image: torch.Tensor, params: Params, degrade: CompressionArtifacts = CompressionArtifacts()
) -> torch.Tensor:
    """An image, a batch or a clip, channels last, with the artifacts of these parameters in its colours."""
    channels_first = image.movedim(-1, -3)
    colours = degrade.transform(channels_first[..., :3, :, :], {"compressions": [params]})
    return torch.cat([colours, channels_first[..., 3:, :, :]], -3).movedim(-3, -1).contiguous()


NODE_CLASS_MAPPINGS = {
    "FrameCompressionLTXVPreprocess": LTXVPreprocess,
    "FrameCompressionArtifacts": CompressionArtifactsNode,
    "FrameCompressionRecipe": RecipeNode,
    "FrameCompressionClip": ClipNode,
}
NODE_DISPLAY_NAME_MAPPINGS = {
    "FrameCompressionLTXVPreprocess": "LTXV Preprocess (frame-compression)",
    "FrameCompressionArtifacts": "Compression Artifacts",
    "FrameCompressionRecipe": "Compression Recipe",
    "FrameCompressionClip": "Compression Artifacts of a Clip",
}
