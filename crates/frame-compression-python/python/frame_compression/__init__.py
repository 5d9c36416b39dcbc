"""The exact artifacts of H.264, H.265, JPEG, WebP and MPEG in images, without encoding.

>>> import numpy as np
>>> from frame_compression import apply_compression_artifacts
>>> image = np.zeros((1, 64, 96, 3), np.float32)  # NHWC, R, G, B, -1 to 1
>>> degraded = apply_compression_artifacts(image, "h264", crf=29)
"""

from . import errors
from ._compressor import (
    Backend,
    Codec,
    FrameCompressor,
    Preset,
    QuantTables,
    Subsampling,
    ValueRange,
    X265Version,
    apply_batch,
    apply_clip,
    apply_compression_artifacts,
)
from ._native import __version__
from ._settings import CODECS, H264, H265, CodecSettings, Jpeg, classes
from .errors import FrameCompressionError

__all__ = [
    "CODECS",
    "Backend",
    "Codec",
    "CodecSettings",
    "FrameCompressionError",
    "FrameCompressor",
    "H264",
    "H265",
    "Jpeg",
    "Preset",
    "QuantTables",
    "Subsampling",
    "ValueRange",
    "X265Version",
    "__version__",
    "apply_batch",
    "apply_clip",
    "apply_compression_artifacts",
    "errors",
]

# The library's other codecs have classes, too.
globals().update(classes())
__all__ += classes().keys() - set(__all__)  # noqa: PLE0605
