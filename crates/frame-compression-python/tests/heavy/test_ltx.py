"""Beside LTX's own published functions, on one core: not one differing byte.

`LTX_PACKAGES` names a folder with the packages ltx-video, ltx-core and ltx-pipelines, as `make test-heavy` installs
them. Single modules of them are loaded, as the packages themselves load models.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
import sys
import types
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from pictures import even_sizes, random_picture

from frame_compression import errors, ltx

PACKAGES = pathlib.Path(os.environ["LTX_PACKAGES"])


def load(package: str, path: str) -> Any:
    """The module of LTX with this path; its parents become empty packages."""
    name = f"{package}.{path.removesuffix('.py').replace('/', '.')}"
    parents = name.split(".")[:-1]
    for depth in range(len(parents)):
        parent = types.ModuleType(".".join(parents[: depth + 1]))
        parent.__path__ = [str(PACKAGES.joinpath(*parents[: depth + 1]))]
        sys.modules.setdefault(parent.__name__, parent)
    spec = importlib.util.spec_from_file_location(name, PACKAGES / package / path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def crf_compressor() -> Any:
    return load("ltx_video", "pipelines/crf_compressor.py")


@pytest.fixture(scope="module")
def media_io() -> Any:
    # Its parent's constants pull in the model loader; of them it needs one number.
    constants = types.ModuleType("ltx_pipelines.utils.constants")
    constants.DEFAULT_IMAGE_CRF = 33  # type: ignore[attr-defined]
    types_of_core = types.ModuleType("ltx_core.types")
    types_of_core.Audio = object  # type: ignore[attr-defined]
    sys.modules[constants.__name__], sys.modules[types_of_core.__name__] = constants, types_of_core
    return load("ltx_pipelines", "utils/media_io.py")


def pictures(photographs: list[np.ndarray], seed: int) -> Iterator[np.ndarray]:
    """Photographs, whole and cut to odd sizes, and random pictures of at least 8 rows, even and odd."""
    rng = np.random.default_rng(seed)
    for photograph in photographs:
        yield photograph
        yield np.ascontiguousarray(photograph[:301, :211])
    for height, width in even_sizes(rng, 60):
        yield random_picture(rng, height + int(rng.integers(2)), width + int(rng.integers(2)))


@pytest.mark.parametrize("crf", [1, 12, 18, 29, 33, 40, 51, 70, 100])
def test_preprocess_is_ltx_2s(one_core: None, photographs: list[np.ndarray], media_io: Any, crf: int) -> None:
    for picture in pictures(photographs, crf):
        expected = media_io.preprocess(image=picture, crf=crf)
        result = ltx.preprocess(image=picture, crf=crf)
        assert type(result) is np.ndarray and result.dtype == np.uint8
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("crf", [29, 0.5, 35.5])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16, torch.float64])
def test_compress_is_ltx_videos(
    one_core: None, photographs: list[np.ndarray], crf_compressor: Any, dtype: torch.dtype, crf: float
) -> None:
    for picture in pictures(photographs, 3):
        image = torch.from_numpy(picture / 255).to(dtype)
        expected = crf_compressor.compress(image, crf=crf)
        result = ltx.compress(image, crf=crf)
        assert result.dtype == expected.dtype and result.device == expected.device
        assert torch.equal(result, expected)


def test_compress_takes_what_ltx_video_takes(one_core: None, photographs: list[np.ndarray], crf_compressor: Any) -> None:
    photograph = torch.from_numpy(photographs[0]).permute(2, 0, 1).contiguous() / 255
    rng = torch.Generator().manual_seed(1)
    blurred = torch.nn.functional.avg_pool2d(photograph, 3, 1).permute(1, 2, 0)
    noisy = blurred + 0.4 * torch.randn(blurred.shape, generator=rng)  # beyond 0 to 1 on both sides
    for image in (blurred, noisy, noisy[::2, ::3], blurred.requires_grad_()):
        assert torch.equal(ltx.compress(image), crf_compressor.compress(image))
    assert ltx.compress(blurred, crf=0) is blurred is crf_compressor.compress(blurred, crf=0)


def test_numpy_gives_what_tensors_give(photographs: list[np.ndarray]) -> None:
    rng = np.random.default_rng(2)
    for dtype in (np.float32, np.float64, np.float16):
        image = (photographs[1] / 255 + rng.normal(0, 0.3, photographs[1].shape)).astype(dtype)
        result = ltx.compress(image, 35)
        assert type(result) is np.ndarray and result.dtype == dtype
        np.testing.assert_array_equal(result, ltx.compress(torch.from_numpy(image), 35).numpy())


def test_bad_images_are_refused() -> None:
    with pytest.raises(errors.InvalidShapeError):
        ltx.compress(torch.zeros(1, 40, 3))
    with pytest.raises(errors.InvalidShapeError):
        ltx.compress(torch.zeros(40, 40, 4))
    with pytest.raises(errors.InvalidCrfError):
        ltx.compress(torch.zeros(40, 40, 3), crf=-1)
    with pytest.raises(errors.InvalidCrfError):
        ltx.preprocess(np.zeros((40, 40, 3), np.uint8), float("nan"))
    with pytest.raises(TypeError):
        ltx.compress([[0.5]])  # type: ignore[call-overload]


@pytest.mark.parametrize("shape", [(1, 40, 3), (40, 1, 3), (1, 1, 3), (0, 40, 3)])
def test_what_is_too_small_comes_back(shape: tuple[int, int, int]) -> None:
    image = np.zeros(shape, np.uint8)
    assert ltx.preprocess(image, 33) is image


@pytest.fixture(scope="module")
def diffusers_utils() -> Any:
    # Its grandparent pulls in the whole library; of it the module needs whether PyAV is there.
    utils = types.ModuleType("diffusers.utils")
    utils.is_av_available = lambda: True  # type: ignore[attr-defined]
    sys.modules[utils.__name__] = utils
    return load("diffusers", "pipelines/ltx2/utils.py")


@pytest.mark.parametrize("crf", [0, 18, 33])
def test_conditioning_is_diffusers(one_core: None, photographs: list[np.ndarray], diffusers_utils: Any, crf: int) -> None:
    for picture in pictures(photographs, crf):
        expected = diffusers_utils.apply_image_conditioning_crf(picture, crf)
        np.testing.assert_array_equal(ltx.apply_image_conditioning_crf(picture, crf), expected)
    for kind in ("gemma4", "gemma4_unified", "gemma3", None):
        encoder = types.SimpleNamespace(config=types.SimpleNamespace(model_type=kind))
        assert ltx.resolve_default_image_crf(encoder) == diffusers_utils.resolve_default_image_crf(encoder)


def test_this_machine_is_ltx_on_this_machine(photographs: list[np.ndarray], media_io: Any, diffusers_utils: Any) -> None:
    for picture in pictures(photographs, 5):
        result = ltx.preprocess(picture, 33, cores="this")
        np.testing.assert_array_equal(result, media_io.preprocess(image=picture, crf=33))
        np.testing.assert_array_equal(result, diffusers_utils.apply_image_conditioning_crf(picture, 33))


def test_install_takes_the_place_of_the_real_functions(
    photographs: list[np.ndarray], media_io: Any, crf_compressor: Any, diffusers_utils: Any
) -> None:
    calls = {
        "ltx_pipelines.utils.media_io.preprocess": lambda: media_io.preprocess(photographs[0], 33),
        "ltx_video.pipelines.crf_compressor.compress": lambda: crf_compressor.compress(torch.from_numpy(photographs[0]) / 255, 29),
        "diffusers.pipelines.ltx2.utils.apply_image_conditioning_crf": lambda: diffusers_utils.apply_image_conditioning_crf(
            photographs[0], 18
        ),
    }
    before = {name: np.asarray(call()) for name, call in calls.items()}
    assert set(ltx.install(cores="this")) == set(calls)
    av, sys.modules["av"] = sys.modules["av"], None  # type: ignore[assignment]
    try:
        for name, call in calls.items():
            np.testing.assert_array_equal(np.asarray(call()), before[name])
    finally:
        sys.modules["av"] = av
        assert set(ltx.uninstall()) == set(calls)
