"""PyAV as LTX uses it: one RGB picture into an mp4 and back."""

from __future__ import annotations

import io
from typing import Any

import av
import numpy as np


def round_trip(
    picture: np.ndarray,
    crf: float,
    codec: str = "libx264",
    rate: Any = 1,
    threads: int | None = None,
    planes: str = "yuv420p",
    **options: str,
) -> np.ndarray:
    """What is left of (height, width, 3) uint8 after encoding and decoding; by so many threads, as on so many cores."""
    height, width, _ = picture.shape
    with io.BytesIO() as file:
        with av.open(file, "w", format="mp4") as container:
            own = {"crf": str(crf), "preset": "veryfast"} if codec.startswith("libx") else {}
            settings = {**own, **options}
            stream: Any = container.add_stream(codec, rate=rate, options=settings)
            if threads is not None:
                stream.codec_context.thread_count = threads
            stream.height, stream.width, stream.pix_fmt = height, width, planes
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format=planes)
            for packet in [*stream.encode(frame), *stream.encode()]:
                # For a lone frame libx265 leaves it undefined, and FFmpeg then refuses to write what comes too late.
                packet.dts = packet.pts
                container.mux(packet)
        file.seek(0)
        with av.open(file) as container:
            return next(container.decode(video=0)).to_ndarray(format="rgb24")


def clip_round_trip(clip: np.ndarray, crf: float, rate: int, **options: str) -> np.ndarray:
    """What libx264 leaves of (frames, height, width, 3) uint8, ultrafast unless said, after encoding and decoding."""
    _, height, width, _ = clip.shape
    with io.BytesIO() as file:
        with av.open(file, "w", format="mp4") as container:
            settings = {"crf": str(crf), "preset": "ultrafast", **options}
            stream: Any = container.add_stream("libx264", rate=rate, options=settings)
            stream.height, stream.width, stream.pix_fmt = height, width, "yuv420p"
            for picture in clip:
                frame = av.VideoFrame.from_ndarray(picture, format="rgb24").reformat(format="yuv420p")
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        file.seek(0)
        with av.open(file) as container:
            return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])
