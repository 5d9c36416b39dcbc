"""Random numbers in workers of Ray and Dask, and of the transforms for torchvision and Albumentations in pools."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import albumentations as A
import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset
from workers import COUNT, SETTINGS, assert_own_and_repeatable, images, strength

from frame_compression.transforms import CompressionArtifacts, albumentations, torchvision

METHODS = [method for method in ("fork", "spawn", "forkserver") if method in multiprocessing.get_all_start_methods()]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray as module

    paths = {"PYTHONPATH": os.pathsep.join([os.path.dirname(os.path.dirname(__file__)), os.environ.get("PYTHONPATH", "")])}
    module.init(num_cpus=2, include_dashboard=False, log_to_driver=False, runtime_env={"env_vars": paths})
    yield module
    module.shutdown()


def test_tasks_of_ray(ray: Any) -> None:
    remote = ray.remote(strength)
    assert_own_and_repeatable(lambda degrade: ray.get([remote.remote(degrade, image) for image in images()]))

    def shared(degrade: CompressionArtifacts) -> Any:
        reference = ray.put(degrade)
        return ray.get([remote.remote(reference, image) for image in images()])

    assert_own_and_repeatable(shared)


def test_actors_of_ray(ray: Any) -> None:
    class Actor:
        def __init__(self, degrade: CompressionArtifacts) -> None:
            self.degrade = degrade

        def strength(self, image: np.ndarray) -> float:
            return strength(self.degrade, image)

    def run(degrade: CompressionArtifacts) -> Any:
        actors = [ray.remote(Actor).remote(degrade) for _ in range(2)]
        return ray.get([actors[place % 2].strength.remote(image) for place, image in enumerate(images())])

    assert_own_and_repeatable(run)


def test_tasks_of_dask() -> None:
    distributed: Any = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        with distributed.Client(cluster) as client:

            def run(degrade: CompressionArtifacts) -> Any:
                tasks = [client.submit(strength, degrade, image, pure=False) for image in images()]
                return client.gather(tasks)

            assert_own_and_repeatable(run)


def _torch_degraded(degrade: Any, image: np.ndarray) -> bytes:
    result: bytes = degrade(torch.from_numpy(image).permute(2, 0, 1)).numpy().tobytes()
    return result


def _degraded_by_albumentations(pipeline: Any, image: np.ndarray) -> bytes:
    result: bytes = pipeline(image=image)["image"].tobytes()
    return result


def noisy_images() -> list[np.ndarray]:
    """Equal images but for one sample, with enough in them that each strength gives another picture."""
    picture = np.random.default_rng(3).integers(0, 256, (32, 32, 3), np.uint8)
    made = [picture.copy() for _ in range(COUNT)]
    for place, image in enumerate(made):
        image[0, 0, 0] = place
    return made


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("generator", [None, 7])
def test_torchvision_in_a_pool(method: str, generator: int | None) -> None:
    def run(seed: int) -> list[bytes]:
        torch.manual_seed(seed)
        degrade = torchvision.CompressionArtifacts(**SETTINGS, generator=None if generator is None else seed)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            return list(pool.map(_torch_degraded, [degrade] * COUNT, noisy_images()))

    first = run(1)
    assert run(1) == first and run(2) != first
    assert strengths_differ(first)


@pytest.mark.parametrize("method", METHODS)
def test_albumentations_in_a_pool(method: str) -> None:
    def run(seed: int) -> list[bytes]:
        pipeline = A.Compose([A.HorizontalFlip(p=0), albumentations.CompressionArtifacts(**SETTINGS, p=1)], seed=seed)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            return list(pool.map(_degraded_by_albumentations, [pipeline] * COUNT, noisy_images()))

    first = run(1)
    assert run(1) == first and run(2) != first
    assert strengths_differ(first)


def strengths_differ(pictures: list[bytes]) -> bool:
    """Whether the pictures differ where their images do not: in the last rows, which the differing sample is far from."""
    return len({picture[-32:] for picture in pictures}) >= COUNT - 4


class Strengths(Dataset):
    """The strengths that the same image gets again and again; pictures of JPEG would be equal for some of them."""

    def __init__(self, pipeline: Any) -> None:
        self.pipeline = pipeline

    def __len__(self) -> int:
        return COUNT

    def __getitem__(self, place: int) -> Any:
        ((_, drawn),) = self.pipeline(image=noisy_images()[0])["applied_transforms"]
        return drawn["compression"]["quality"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_albumentations_in_a_data_loader(method: str) -> None:
    def epochs() -> list[float]:
        torch.manual_seed(2)
        pipeline = A.Compose([albumentations.CompressionArtifacts(**SETTINGS, p=1)], seed=5, save_applied_params=True)
        loader = DataLoader(Strengths(pipeline), batch_size=None, num_workers=2, multiprocessing_context=method)
        return [strength for _ in range(2) for strength in loader]

    first = epochs()
    assert len(set(first)) == 2 * COUNT and epochs() == first


class Degraded(Dataset):
    """Images of one content each, degraded; one of them may be the end of its worker."""

    def __init__(self, dies_at: int | None) -> None:
        self.dies_at = dies_at
        self.degrade = CompressionArtifacts(**SETTINGS, generator=3)

    def __len__(self) -> int:
        return 12

    def __getitem__(self, place: int) -> Any:
        if place == self.dies_at:
            os.kill(os.getpid(), signal.SIGKILL)
        # Bytes go through the loader's pipe, tensors through memory that a dead worker cannot hand over: other errors.
        return self.degrade(np.full((32, 48, 3), 20 * place, np.uint8), key=place).tobytes()


def degraded_by_a_loader(method: str, dies_at: int | None = None) -> list[bytes]:
    """Two epochs of the images."""
    loader = DataLoader(
        Degraded(dies_at), batch_size=None, num_workers=2, multiprocessing_context=method, persistent_workers=True, timeout=120
    )
    return [image for _ in range(2) for image in loader]


@pytest.mark.parametrize("method", METHODS)
def test_a_killed_worker_ends_the_run_with_an_error(method: str) -> None:
    """In a process of its own, as PyTorch raises the error wherever the main thread is at work."""
    program = f"import test_workers; test_workers.degraded_by_a_loader({method!r}, dies_at=5)"
    here = os.path.dirname(__file__)
    paths = os.pathsep.join([here, os.path.dirname(here)])
    run = subprocess.run(
        [sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": paths}, capture_output=True, text=True, timeout=300
    )
    assert run.returncode == 1 and "Error" in run.stderr, run.stderr


@pytest.mark.parametrize("method", METHODS)
def test_persistent_workers_give_the_same_in_every_epoch(method: str) -> None:
    expected = [Degraded(None)[place] for place in range(12)] * 2
    assert degraded_by_a_loader(method) == expected
