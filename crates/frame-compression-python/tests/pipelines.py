"""The encoder calls of published pipelines, as they make them: OpenCV, Pillow, and the command ffmpeg."""

from __future__ import annotations

import io
import pathlib
import subprocess
from typing import Any

import cv2
import numpy as np
from PIL import Image

from frame_compression.transforms.recipes import Recipe


def by_opencv(picture: np.ndarray, form: str, setting: str, quality: int) -> np.ndarray:
    """As `cv2.imencode` and `cv2.imdecode`, on RGB."""
    _, file = cv2.imencode(form, np.ascontiguousarray(picture[..., ::-1]), [getattr(cv2, setting), quality])
    return cv2.imdecode(file, 1)[..., ::-1]


def by_pillow(picture: np.ndarray, form: str, **options: Any) -> np.ndarray:
    """As `Image.save` and `Image.open`."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, form, **options)
    return np.asarray(Image.open(file).convert("RGB"))


def by_ffmpeg(picture: np.ndarray, folder: pathlib.Path, *options: str) -> np.ndarray:
    """As APISR calls ffmpeg: a numbered PNG into an mp4, and back into a PNG."""
    Image.fromarray(picture).save(folder / "1.png")
    quiet = ["-loglevel", "error", "-y"]
    encode = ["ffmpeg", *quiet, "-i", f"{folder}/%d.png", "-vcodec", *options, "-pix_fmt", "yuv420p", f"{folder}/a.mp4"]
    subprocess.run(encode, check=True, stdin=subprocess.DEVNULL)
    subprocess.run(["ffmpeg", *quiet, "-i", f"{folder}/a.mp4", f"{folder}/back%d.png"], check=True, stdin=subprocess.DEVNULL)
    return np.asarray(Image.open(folder / "back1.png").convert("RGB"))


def own_call(params: Any, picture: np.ndarray, folder: pathlib.Path) -> np.ndarray | None:
    """What APISR's own encoder call makes of the picture; None for none."""
    settings = params["settings"] or {}
    if params["codec"] is None:
        return picture
    if params["codec"] == "jpeg":
        return by_opencv(picture, ".jpg", "IMWRITE_JPEG_QUALITY", settings["quality"])
    if params["codec"] == "webp":
        return by_pillow(picture, "webp", quality=settings["quality"], method=settings["method"])
    if params["codec"] in ("h264", "h265"):
        codec = {"h264": "libx264", "h265": "libx265"}[params["codec"]]
        return by_ffmpeg(picture, folder, codec, "-crf", str(settings["crf"]), "-preset", settings["preset"])
    codec = {"mpeg2": "mpeg2video", "mpeg4": "mpeg4"}[params["codec"]]
    return by_ffmpeg(picture, folder, codec, "-qscale:v", str(settings["qscale"]))


def installed(recipe: Recipe) -> Recipe:
    """The recipe for the ffmpeg that is installed here: its colours, its x265."""
    version = subprocess.run(["ffmpeg", "-version"], capture_output=True, text=True).stdout.split()[2]
    if int(version.split(".")[0].lstrip("n")) < 8:
        with_colours = {coding.codec for step in recipe.steps for coding in step.codings if "colours" in coding.settings}
        recipe = recipe.with_settings(with_colours, colours="ffmpeg-7")
    return recipe.with_settings("h265", release="3.5")


def by_pipes(picture: np.ndarray, quantiser: int) -> np.ndarray:
    """As wtp_dataset_destroyer calls ffmpeg, but for RGB instead of BGR: raw into an MPEG program stream, and back."""
    height, width = picture.shape[:2]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    strength = [word for name in ("-qscale:v", "-qmax", "-qmin") for word in (name, str(quantiser))]
    encode = [*raw, "-s", f"{width}x{height}", "-i", "pipe:", "-f", "mpeg", "-vcodec", "mpeg2video", *strength, "pipe:"]
    data = picture.tobytes()
    for options in (encode, ["-f", "mpeg", "-i", "pipe:", *raw, "pipe:"]):
        command = ["ffmpeg", "-loglevel", "fatal", *options]
        data = subprocess.run(command, check=True, input=data, stdout=subprocess.PIPE).stdout
    return np.frombuffer(data, np.uint8)[: picture.size].reshape(picture.shape)
