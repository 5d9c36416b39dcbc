"""PyAV as LTX uses it: one RGB picture into an mp4 and back."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np


def round_trip(picture: np.ndarray, crf: float, codec: str = "libx264", **options: str) -> np.ndarray:
    """What is left of (height, width, 3) uint8 after encoding and decoding."""
    # FFmpeg's mp4 now and then refuses a lone frame of x265; the pixels are those of any container.
    container_format = "mp4" if codec == "libx264" else "matroska"
    height, width, _ = picture.shape
    with io.BytesIO() as file:
        with av.open(file, "w", format=container_format) as container:
            settings = {"crf": str(crf), "preset": "veryfast", **options}
            stream: Any = container.add_stream(codec, rate=1, options=settings)
            stream.height, stream.width = height, width
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
            container.mux(stream.encode(frame))
            container.mux(stream.encode())
        file.seek(0)
        with av.open(file) as container:
            return next(container.decode(video=0)).to_ndarray(format="rgb24")
