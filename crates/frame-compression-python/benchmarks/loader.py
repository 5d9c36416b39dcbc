"""Images a second of two worker processes that load training data, beside the pipelines' own encoder calls.

    python benchmarks/loader.py [--images 48] [--rounds 3]

The workers are those of PyTorch's ``DataLoader`` where PyTorch is installed, and else of a process pool that hands back
arrays in the same way. Every image is 512x512, uint8; the draws are the same on both sides, which take turns. Prints lines
of JSON as the other programs of ``make bench`` do; milliseconds are those of one image.
"""

from __future__ import annotations

import argparse
import concurrent.futures
import importlib.util
import json
import multiprocessing
import pathlib
import statistics
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from PIL import Image

from frame_compression.transforms import CompressionArtifacts, recipes

HERE = pathlib.Path(__file__).resolve()
IMAGES = HERE.parents[3] / "assets" / "images"
PHOTOGRAPHS = ["astronaut", "chelsea", "coffee", "rocket"]
sys.path.insert(0, str(HERE.parents[1] / "tests"))
from pipelines import by_ffmpeg, by_opencv, own_call  # noqa: E402
from pyav import round_trip  # noqa: E402

Work = Callable[[int], np.ndarray]
PICTURES: list[np.ndarray] = []


def picture(index: int) -> np.ndarray:
    """The image of an index: read once, before the workers are forked."""
    if not PICTURES:
        for name in PHOTOGRAPHS:
            whole = Image.open(IMAGES / f"{name}.png").convert("RGB")
            PICTURES.append(np.array(whole.resize((512, 512), Image.Resampling.BICUBIC)))
    return PICTURES[index % len(PICTURES)]


def recipe_ours(name: str) -> Work:
    degrade = recipes.Degrade(name, generator=7)
    return lambda index: degrade(picture(index), key=str(index))


def recipe_own(name: str) -> Work:
    """The pipeline's own calls: ffmpeg with files, OpenCV and Pillow in memory."""
    degrade = recipes.Degrade(name, generator=7)

    def work(index: int) -> np.ndarray:
        image: Any = picture(index)
        for params in degrade.get_params(key=str(index)):
            if params["codec"] == "jpeg":
                params["settings"] = {"quality": round((params["settings"] or {})["quality"])}
            with tempfile.TemporaryDirectory() as folder:
                image = own_call(params, image, pathlib.Path(folder))
        return image

    return work


def recipe_diff_jpeg() -> Work:
    """What Real-ESRGAN itself calls, ``DiffJPEG`` of BasicSR, on the processor. It needs PyTorch and BasicSR's file alone."""
    import torch

    found = importlib.util.find_spec("basicsr")
    if found is None or not found.submodule_search_locations:
        raise ImportError("basicsr is missing")
    file = pathlib.Path(found.submodule_search_locations[0]) / "utils" / "diffjpeg.py"
    spec = importlib.util.spec_from_file_location("diffjpeg", file)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    jpeg = module.DiffJPEG(differentiable=False)
    degrade = recipes.Degrade("real_esrgan", generator=7)

    def work(index: int) -> np.ndarray:
        image = torch.from_numpy(picture(index)).permute(2, 0, 1)[None].float() / 255
        with torch.no_grad():
            for params in degrade.get_params(key=str(index)):
                quality = (params["settings"] or {})["quality"]
                image = jpeg(image.clamp(0, 1), quality=image.new_tensor([quality]))
            done = (image.clamp(0, 1) * 255).round().to(torch.uint8)
        return done[0].permute(1, 2, 0).contiguous().numpy()

    return work


RANDOM = CompressionArtifacts(("h264", "h265", "jpeg"), quality=(20, 95), generator=7)
ENCODERS = {"h264": "libx264", "h265": "libx265"}


def random_ours(index: int) -> np.ndarray:
    return RANDOM(picture(index), key=index)


def random_by(video: Callable[[np.ndarray, str, float], np.ndarray]) -> Work:
    def work(index: int) -> np.ndarray:
        params: Any = RANDOM.get_params(key=index)
        if params["codec"] == "jpeg":
            return by_opencv(picture(index), ".jpg", "IMWRITE_JPEG_QUALITY", round(params["quality"]))
        return video(picture(index), ENCODERS[params["codec"]], round((100 - params["quality"]) / 100 * 51))

    return work


def pyav(image: np.ndarray, codec: str, crf: float) -> np.ndarray:
    return round_trip(image, crf, codec)


def command(image: np.ndarray, codec: str, crf: float) -> np.ndarray:
    with tempfile.TemporaryDirectory() as folder:
        return by_ffmpeg(image, pathlib.Path(folder), codec, "-crf", str(crf), "-preset", "veryfast")


WORK: dict[str, Work] = {}


def done(name_and_index: tuple[str, int]) -> np.ndarray:
    """One image, in a worker."""
    cv2.setNumThreads(1)
    name, index = name_and_index
    return WORK[name](index)


class Dataset:
    """Some images, degraded in one way, as PyTorch asks for them."""

    def __init__(self, name: str, count: int) -> None:
        self.name, self.count = name, count

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> np.ndarray:
        # PyTorch takes no array that runs backwards, as OpenCV's channels do.
        return np.ascontiguousarray(done((self.name, index)))


class Workers:
    """Two worker processes, kept from round to round."""

    def __init__(self) -> None:
        self.pool = concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context("fork"))
        list(self.pool.map(done, [(next(iter(WORK)), index) for index in range(8)]))

    def seconds(self, name: str, count: int) -> float:
        """How long the images take."""
        start = time.perf_counter()
        for _ in self.pool.map(done, [(name, index) for index in range(count)], chunksize=4):
            pass
        return time.perf_counter() - start


class Loader:
    """The same by PyTorch's ``DataLoader``, whose start is not timed."""

    def seconds(self, name: str, count: int) -> float:
        from torch.utils.data import DataLoader

        loader: Any = DataLoader(Dataset(name, count + 8), batch_size=4, num_workers=2, persistent_workers=False)  # type: ignore[arg-type]
        batches = iter(loader)
        next(batches), next(batches)
        start = time.perf_counter()
        for _ in batches:
            pass
        return time.perf_counter() - start


def main() -> None:
    """Times everything."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--images", type=int, default=48)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    pairs = [
        ("recipe apisr", "its own calls of ffmpeg, OpenCV and Pillow", recipe_ours("apisr"), recipe_own("apisr")),
        ("recipe real_esrgan", "OpenCV twice", recipe_ours("real_esrgan"), recipe_own("real_esrgan")),
        ("random codec and strength", "PyAV, and OpenCV for JPEG", random_ours, random_by(pyav)),
        ("random codec and strength", "the command ffmpeg, and OpenCV for JPEG", random_ours, random_by(command)),
    ]
    try:
        peer = recipe_diff_jpeg()
        pairs.append(("recipe real_esrgan", "its own DiffJPEG twice, in PyTorch", recipe_ours("real_esrgan"), peer))
    except ImportError:
        print("without PyTorch or BasicSR: not beside DiffJPEG", file=sys.stderr)
    if shutil.which("ffmpeg") is None:
        sys.exit("ffmpeg is missing")
    for work, against, ours, peer in pairs:
        WORK[f"{work} ours"], WORK[f"{work}, {against}"] = ours, peer
    picture(0)
    try:
        import torch  # noqa: F401

        workers: Any = Loader()
        kind = "DataLoader, 2 workers"
    except ImportError:
        workers, kind = Workers(), "2 worker processes"
    for work, against, _, _ in pairs:
        names = [f"{work} ours", f"{work}, {against}"]
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(given.rounds):
            for name in names:
                times[name].append(workers.seconds(name, given.images) / given.images * 1000)
        ours_ms, peer_ms = (statistics.median(times[name]) for name in names)
        row = {"work": f"{kind}, {work}", "against": against, "size": "512x512", "ours_ms": ours_ms, "peer_ms": peer_ms}
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
