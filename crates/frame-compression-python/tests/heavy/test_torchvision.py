"""The transform among torchvision's own: samples, batches, videos, gradients, workers."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import PIL.Image
import pytest
import torch
from pictures import random_picture
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

import frame_compression as fc
from frame_compression import errors, transforms
from frame_compression.transforms.torchvision import CompressionArtifacts

ANY: dict[str, Any] = {"codecs": ("h264", "jpeg"), "quality": (10, 90)}


@pytest.fixture
def images(rng: np.random.Generator) -> torch.Tensor:
    """(5, 3, 33, 47), uint8."""
    return torch.stack([torch.from_numpy(random_picture(rng, 33, 47)).permute(2, 0, 1) for _ in range(5)])


def expected_of(image: torch.Tensor, params: transforms.Params) -> torch.Tensor:
    """The transform that needs NumPy only, on (3, H, W)."""
    array = transforms.CompressionArtifacts().apply(image.permute(1, 2, 0).numpy(), params)
    return torch.from_numpy(np.ascontiguousarray(array.transpose(2, 0, 1)))


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32, torch.float16, torch.float64])
def test_every_image_of_a_batch_has_parameters_of_its_own(images: torch.Tensor, dtype: torch.dtype) -> None:
    images = images if dtype == torch.uint8 else images.to(dtype) / 255
    degrade = CompressionArtifacts(**ANY)
    params = degrade.make_params([images])
    assert len({str(one) for one in params["compressions"]}) == 5
    result = degrade.transform(images, params)
    assert result.dtype == dtype and result.shape == images.shape and not torch.equal(result, images)
    for image, got, one in zip(images, result, params["compressions"]):
        assert torch.equal(got, expected_of(image, one))
    assert torch.equal(degrade.transform(images.reshape(5, 1, 3, 33, 47), params).flatten(0, 1), result)


def test_bfloat16_is_taken(images: torch.Tensor) -> None:
    samples = (images / 255).to(torch.bfloat16)
    degrade = CompressionArtifacts(**ANY)
    params = degrade.make_params([samples])
    expected = degrade.transform(samples.to(torch.float32), params).to(torch.bfloat16)
    assert torch.equal(degrade.transform(samples, params), expected)


def test_samples_keep_their_structure(images: torch.Tensor) -> None:
    sample = {
        "image": tv_tensors.Image(images[0]),
        "mask": tv_tensors.Mask(torch.ones(33, 47, dtype=torch.bool)),
        "boxes": tv_tensors.BoundingBoxes([[1, 2, 3, 4]], format="XYXY", canvas_size=(33, 47)),
        "label": 3,
        "weights": torch.ones(4),
    }
    result = v2.Compose([CompressionArtifacts("h264", crf=(30, 30)), v2.Identity()])(sample)
    assert type(result["image"]) is tv_tensors.Image and type(result["mask"]) is tv_tensors.Mask
    assert result["label"] == 3 and torch.equal(result["mask"], sample["mask"])
    assert torch.equal(result["boxes"], sample["boxes"]) and torch.equal(result["weights"], sample["weights"])
    degraded = CompressionArtifacts("h264", crf=(30, 30))(images[0])
    assert torch.equal(result["image"].as_subclass(torch.Tensor), degraded)


def test_frames_of_a_video_share_their_parameters(images: torch.Tensor) -> None:
    frame = images[:1].expand(4, -1, -1, -1)
    result = CompressionArtifacts(**ANY)(tv_tensors.Video(frame))
    assert type(result) is tv_tensors.Video
    assert all(torch.equal(other, result[0]) for other in result)
    as_batch = CompressionArtifacts("jpeg", quality=(10, 90))(frame)
    assert not all(torch.equal(other, as_batch[0]) for other in as_batch)


def test_clips_are_predicted_with_one_draw_each(images: torch.Tensor) -> None:
    ultrafast = fc.H264(fps=25, preset="ultrafast")
    degrade = CompressionArtifacts(ultrafast, crf=(20, 40), clips=True)
    # Two clips of a picture that moves: (2, 4, 3, 32, 40).
    clips = torch.stack([torch.stack([image[:, :32, t : t + 40] for t in range(4)]) for image in images[:2]])
    params = degrade.make_params([clips])
    assert len({str(one) for one in params["compressions"]}) == 2
    result = degrade.transform(clips, params)
    for clip, got, one in zip(clips, result, params["compressions"]):
        frames = clip.permute(0, 2, 3, 1).contiguous()
        expected = fc.apply_clip(frames, fc.H264(crf=one["crf"], fps=25, preset="ultrafast"))
        assert torch.equal(got, expected.permute(0, 3, 1, 2))
    video = degrade.transform(tv_tensors.Video(clips[1]), {"compressions": params["compressions"][1:]})
    assert type(video) is tv_tensors.Video and torch.equal(video.as_subclass(torch.Tensor), result[1])
    floats = (clips[0] / 255).requires_grad_()
    degrade(floats).sum().backward()
    assert floats.grad is not None and torch.equal(floats.grad, torch.ones_like(floats))
    with pytest.raises(errors.InvalidShapeError, match="frames"):
        degrade(images[0])


def test_pil_images_are_taken(images: torch.Tensor) -> None:
    degrade = CompressionArtifacts("jpeg", quality=(30, 30))
    image = v2.functional.to_pil_image(images[0])
    result = degrade(image)
    assert isinstance(result, PIL.Image.Image)
    assert torch.equal(v2.functional.pil_to_tensor(result), degrade(images[0]))
    with pytest.raises(TypeError, match="mode L"):
        degrade(image.convert("L"))


def test_memory_layouts_do_not_matter(images: torch.Tensor) -> None:
    degrade = CompressionArtifacts("h264", crf=(35, 35))
    expected = degrade(images)
    last = images.to(memory_format=torch.channels_last)
    assert torch.equal(degrade(last), expected)
    assert degrade(last).is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(degrade(images.transpose(-1, -2)), degrade(images.transpose(-1, -2).contiguous()))
    assert torch.equal(degrade(images.flip(-1)), degrade(images.flip(-1).contiguous()))


def test_gradients_pass_straight_through(images: torch.Tensor) -> None:
    samples = (images / 255).requires_grad_()
    degrade = CompressionArtifacts("h264", crf=(35, 35))
    result = degrade(samples)
    assert torch.equal(result, degrade(samples.detach())) and result.requires_grad
    weights = torch.rand(samples.shape)
    (result * weights).sum().backward()
    assert torch.equal(samples.grad, weights)
    assert not degrade(samples.detach()).requires_grad


def test_other_devices_go_through_the_cpu(images: torch.Tensor, monkeypatch: pytest.MonkeyPatch) -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no other device here")
    degrade = CompressionArtifacts("h264", crf=(35, 35))
    result = degrade(images.cuda())
    assert result.is_cuda and torch.equal(result.cpu(), degrade(images))


def test_seeds_repeat(images: torch.Tensor) -> None:
    def drawn(**settings: Any) -> torch.Tensor:
        degrade = CompressionArtifacts(**ANY, **settings)
        return torch.stack([degrade(images), degrade(images)])

    torch.manual_seed(3)
    first = drawn()
    assert not torch.equal(first, drawn())
    torch.manual_seed(3)
    assert torch.equal(first, drawn())
    for generator in (lambda: 5, lambda: np.random.default_rng(5), lambda: torch.Generator().manual_seed(5)):
        torch.manual_seed(6)
        assert torch.equal(drawn(generator=generator()), drawn(generator=generator()))


@pytest.mark.parametrize("generator", [None, 5, torch.Generator().manual_seed(5)], ids=["none", "int", "torch"])
def test_transforms_are_picklable(images: torch.Tensor, generator: Any) -> None:
    degrade = CompressionArtifacts(**ANY, generator=generator)
    again = pickle.loads(pickle.dumps(degrade))
    torch.manual_seed(1)
    first = degrade(images)
    torch.manual_seed(1)
    assert torch.equal(again(images), first)
    assert "h264" in repr(again)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (torch.zeros(16, 16), errors.InvalidShapeError),
        (torch.zeros(1, 16, 16), errors.InvalidShapeError),
        (torch.zeros(4, 16, 16), errors.InvalidShapeError),
        (torch.zeros(3, 0, 16), errors.InvalidShapeError),
        (torch.zeros(3, 16, 16, dtype=torch.int64), errors.InvalidElementTypeError),
        (torch.full((3, 16, 16), float("nan")), errors.NonFiniteSampleError),
    ],
    ids=str,
)
def test_bad_images_are_refused(image: torch.Tensor, expected: type[Exception]) -> None:
    with pytest.raises(expected) as raised:
        CompressionArtifacts("h264", crf=(30, 30))(image)
    assert type(raised.value) is expected


def test_an_empty_batch_stays_empty() -> None:
    assert CompressionArtifacts(**ANY)(torch.zeros(0, 3, 16, 16)).shape == (0, 3, 16, 16)


class Same(Dataset):
    """The same image again and again, degraded."""

    def __init__(self, degrade: Any, image: Any) -> None:
        self.degrade, self.image = degrade, image

    def __len__(self) -> int:
        return 12

    def __getitem__(self, place: int) -> Any:
        return torch.as_tensor(np.array(self.degrade(self.image)))


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.parametrize("kind", ["torchvision", "torchvision with a seed", "numpy", "numpy with a seed"])
def test_workers_of_a_data_loader_draw_numbers_of_their_own(images: torch.Tensor, kind: str, method: str) -> None:
    seed = 9 if "seed" in kind else None
    settings: Any = {"codecs": "jpeg", "quality": (5, 95), "generator": seed}
    if "torchvision" in kind:
        data = Same(CompressionArtifacts(**settings), images[0])
    else:
        data = Same(transforms.CompressionArtifacts(**settings), images[0].permute(1, 2, 0).contiguous().numpy())

    def epochs() -> torch.Tensor:
        torch.manual_seed(2)
        loader = DataLoader(data, batch_size=1, num_workers=2, multiprocessing_context=method)
        return torch.cat([torch.cat(list(loader)) for _ in range(2)])

    first = epochs()
    # Twelve draws in two epochs, spread over two workers: some may give the same picture, but no worker repeats another's.
    different = len({image.numpy().tobytes() for image in first})
    assert different >= 18, different
    assert torch.equal(epochs(), first)
