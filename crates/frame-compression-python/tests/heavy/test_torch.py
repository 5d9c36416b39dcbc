"""PyTorch tensors: the caller's kind comes back, of the caller's memory nothing is copied."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from pictures import random_picture

import frame_compression as fc
from frame_compression import errors


@pytest.fixture
def picture(rng: np.random.Generator) -> np.ndarray:
    return random_picture(rng, 48, 70)[np.newaxis]


FLOATS = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


@pytest.mark.parametrize("dtype", [*FLOATS, torch.uint8])
def test_tensors_give_what_arrays_give(picture: np.ndarray, dtype: torch.dtype) -> None:
    tensor = torch.from_numpy(picture)
    if dtype.is_floating_point:
        tensor = (tensor / 127.5 - 1).to(dtype)
    # The samples that the tensor really holds, in a type that NumPy has, hold the same picture.
    array = tensor.numpy() if dtype == torch.uint8 else tensor.to(torch.float32).numpy()
    expected = torch.from_numpy(fc.apply_compression_artifacts(array, crf=33)).to(dtype)
    before = tensor.clone()
    result = fc.apply_compression_artifacts(tensor, crf=33)
    assert type(result) is torch.Tensor and result.dtype == dtype and result.is_contiguous()
    assert torch.equal(result, expected) and torch.equal(tensor, before)
    assert torch.equal(fc.apply_batch(tensor, crf=33, threads=2), expected)


@pytest.mark.parametrize("dtype", [*FLOATS, torch.uint8])
def test_outputs_are_written_where_they_lie(picture: np.ndarray, dtype: torch.dtype) -> None:
    tensor = torch.from_numpy(picture)
    if dtype.is_floating_point:
        tensor = (tensor / 127.5 - 1).to(dtype)
    expected = fc.apply_compression_artifacts(tensor, crf=33)
    planar = torch.zeros(1, 3, 48, 70, dtype=dtype).permute(0, 2, 3, 1)
    assert fc.apply_compression_artifacts(tensor, crf=33, out=planar) is planar
    assert torch.equal(planar, expected)
    assert fc.FrameCompressor(crf=33).apply_in_place(tensor) is tensor
    assert torch.equal(tensor, expected)


def test_views_and_parameters_are_read(picture: np.ndarray) -> None:
    planes = torch.from_numpy(picture).permute(0, 3, 1, 2).contiguous()
    expected = fc.apply_compression_artifacts(torch.from_numpy(picture))
    assert torch.equal(fc.apply_compression_artifacts(planes.permute(0, 2, 3, 1)), expected)
    parameter = torch.nn.Parameter(torch.zeros(1, 16, 16, 3))
    result = fc.apply_compression_artifacts(parameter)
    assert type(result) is torch.Tensor and not result.requires_grad


def test_arrays_of_bfloat16_are_taken(picture: np.ndarray) -> None:
    ml_dtypes = pytest.importorskip("ml_dtypes")
    tensor = (torch.from_numpy(picture) / 127.5 - 1).to(torch.bfloat16)
    array = tensor.to(torch.float32).numpy().astype(ml_dtypes.bfloat16)
    result = fc.apply_compression_artifacts(array)
    assert result.dtype == ml_dtypes.bfloat16
    expected = fc.apply_compression_artifacts(tensor).to(torch.float32).numpy()
    np.testing.assert_array_equal(result.astype(np.float32), expected)


SHAPE = (1, 16, 16, 3)


@pytest.mark.parametrize(
    ("x", "expected", "text"),
    [
        (torch.zeros(SHAPE, device="meta"), errors.NotOnCpuError, "device meta"),
        (torch.zeros(SHAPE, dtype=torch.int64), errors.InvalidElementTypeError, "int64"),
        (torch.zeros(SHAPE, dtype=torch.uint16), errors.InvalidElementTypeError, "uint16"),
        (torch.zeros(SHAPE, dtype=torch.bool), errors.InvalidElementTypeError, "bool"),
        (torch.zeros(SHAPE, dtype=torch.complex64), errors.InvalidElementTypeError, "complex64"),
        (torch.zeros(SHAPE).to(torch.float8_e4m3fn), errors.InvalidElementTypeError, "float8_e4m3fn"),
        (torch.zeros(SHAPE).to_sparse(), TypeError, "sparse"),
        (torch.zeros(16, 16, 3), errors.InvalidShapeError, "[16, 16, 3]"),
        (torch.zeros(1, 3, 16, 16), errors.InvalidShapeError, "[1, 3, 16, 16]"),
        (torch.zeros(1, 0, 16, 3), errors.InvalidShapeError, "[1, 0, 16, 3]"),
        (torch.zeros(()), errors.InvalidShapeError, "[]"),
        (torch.full(SHAPE, float("nan")), errors.NonFiniteSampleError, "NaN at row 0"),
        (torch.full(SHAPE, float("inf"), dtype=torch.bfloat16), errors.NonFiniteSampleError, "inf at row 0"),
    ],
    ids=str,
)
def test_bad_tensors_are_refused(x: torch.Tensor, expected: type[Exception], text: str) -> None:
    for door in (fc.apply_compression_artifacts, fc.apply_batch):
        with pytest.raises(expected) as raised:
            door(x)
        assert type(raised.value) is expected
        assert text in str(raised.value) or door is fc.apply_batch


def test_bad_outputs_are_refused(picture: np.ndarray) -> None:
    tensor = torch.from_numpy(picture)
    outputs: list[tuple[Any, type[Exception]]] = [
        (torch.zeros(1, 48, 70, 3, requires_grad=True), errors.InvalidOutputError),
        (torch.zeros(1, 1, 1, 1).expand(1, 48, 70, 3), errors.InvalidStridesError),
        (torch.zeros(1, 48, 72, 3), errors.OutputSizeError),
        (torch.zeros(1, 48, 70, 3, device="meta"), errors.NotOnCpuError),
    ]
    for out, expected in outputs:
        with pytest.raises(expected) as raised:
            fc.apply_compression_artifacts(tensor, out=out)
        assert type(raised.value) is expected


def test_a_tensor_of_one_dimension_is_one_strength_for_each_image(picture: np.ndarray) -> None:
    images = torch.from_numpy(np.concatenate([picture] * 3))
    expected = fc.apply_batch(images, "jpeg", [10, 20, 30])
    for dtype in (torch.float32, torch.int64, torch.bfloat16):
        assert torch.equal(fc.apply_batch(images, "jpeg", torch.tensor([10.0, 20.0, 30.0]).to(dtype)), expected)
    assert torch.equal(fc.apply_batch(images, "jpeg", torch.tensor(10.0)), fc.apply_batch(images, "jpeg", 10))
