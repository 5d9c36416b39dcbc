"""Random numbers in workers: 24 images get 24 strengths, the same for the same seed, by whatever way a copy travels."""

from __future__ import annotations

import functools
import multiprocessing
import pickle
import random
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
import workers
from workers import COUNT, SETTINGS, assert_own_and_repeatable, images, strength, strengths

from frame_compression.transforms import CompressionArtifacts

METHODS = multiprocessing.get_all_start_methods()


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_with_one_pickle_for_each_task(method: str) -> None:
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert_own_and_repeatable(lambda degrade: pool.map(functools.partial(strength, degrade), images(), chunksize=1))


def test_a_pool_with_any_size_of_chunks_gives_the_same() -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        runs = [
            pool.map(functools.partial(strength, CompressionArtifacts(**SETTINGS, generator=7)), images(), chunksize=size)
            for size in (1, 5, 24)
        ]
    assert runs[0] == runs[1] == runs[2]


@pytest.mark.parametrize("method", METHODS)
def test_a_pool_that_each_worker_takes_its_copy_from_once(method: str) -> None:
    def run(degrade: CompressionArtifacts) -> list[float]:
        with multiprocessing.get_context(method).Pool(2, workers.inherit, (degrade,)) as pool:
            return pool.map(workers.inherited_strength, images(), chunksize=1)

    assert_own_and_repeatable(run)


@pytest.mark.skipif("fork" not in METHODS, reason="this system cannot fork")
def test_a_copy_that_a_fork_inherits() -> None:
    def run(degrade: CompressionArtifacts) -> list[float]:
        workers.inherit(degrade)
        with multiprocessing.get_context("fork").Pool(2) as pool:
            return pool.map(workers.inherited_strength, images(), chunksize=1)

    assert_own_and_repeatable(run)


@pytest.mark.parametrize("method", METHODS)
def test_a_process_pool_executor(method: str) -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        assert_own_and_repeatable(lambda degrade: list(pool.map(strength, [degrade] * COUNT, images())))


@pytest.mark.parametrize("batch_size", ["auto", 1, 5])
@pytest.mark.parametrize("backend", ["loky", "multiprocessing"])
def test_joblib(backend: str, batch_size: Any) -> None:
    joblib: Any = pytest.importorskip("joblib")

    def run(degrade: CompressionArtifacts) -> list[float]:
        tasks = (joblib.delayed(strength)(degrade, image) for image in images())
        return list(joblib.Parallel(2, backend=backend, batch_size=batch_size)(tasks))

    assert_own_and_repeatable(run)


def test_tasks_that_share_the_same_bytes() -> None:
    """As Ray, Dask and Spark send an object that many tasks use."""
    shared = {}
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:

        def run(degrade: CompressionArtifacts) -> list[float]:
            shared["bytes"] = pickle.dumps(degrade)
            return list(pool.map(_strength_of_bytes, [shared["bytes"]] * COUNT, images()))

        assert_own_and_repeatable(run)


def _strength_of_bytes(pickled: bytes, image: np.ndarray) -> float:
    return strength(pickle.loads(pickled), image)


@pytest.mark.parametrize("method", METHODS)
def test_images_that_are_not_shown_get_numbers_of_their_own(method: str) -> None:
    def run() -> list[float]:
        degrade = CompressionArtifacts(**SETTINGS, generator=7)
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            return [quality for _, quality in pool.map(workers.blind_strength, [degrade] * COUNT, range(COUNT))]

    first = run()
    assert len(set(first)) == COUNT
    assert run() == first


def test_a_copy_that_sees_an_image_again_draws_again() -> None:
    def run() -> list[float]:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            return pool.submit(strengths, (CompressionArtifacts(**SETTINGS, generator=7), images() * 2)).result()

    first = run()
    assert len(set(first)) == 2 * COUNT and run() == first


def test_keys_decide_everywhere() -> None:
    def run(pool: Any, degrade: CompressionArtifacts) -> list[float | None]:
        return [params["quality"] for params in pool.map(functools.partial(_drawn_for, degrade), range(COUNT))]

    degrade = CompressionArtifacts(**SETTINGS, generator=7)
    here = [degrade.get_params(key=key)["quality"] for key in range(COUNT)]
    assert len(set(here)) == COUNT
    shuffled = random.Random(1).sample(range(COUNT), COUNT)
    assert [degrade.get_params(key=key)["quality"] for key in shuffled] == [here[key] for key in shuffled]
    for pool in (ThreadPoolExecutor(4), ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn"))):
        with pool:
            assert run(pool, degrade) == here
    degrade.set_epoch(1)
    assert not {degrade.get_params(key=key)["quality"] for key in range(COUNT)} & set(here)
    assert CompressionArtifacts(**SETTINGS).get_params(key=1) != CompressionArtifacts(**SETTINGS).get_params(key=1)


def _drawn_for(degrade: CompressionArtifacts, key: int) -> Any:
    return degrade.get_params(key=key)


def test_the_pictures_are_those_of_the_strengths() -> None:
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("spawn")) as pool:
        degrade = CompressionArtifacts(**SETTINGS, generator=7)
        made = list(pool.map(workers.degraded, [(degrade, image) for image in images()]))
        drawn = list(pool.map(strength, [degrade] * COUNT, images()))
    for image, quality, result in zip(images(), drawn, made):
        expected = CompressionArtifacts("jpeg", quality=quality)(image)
        np.testing.assert_array_equal(result, expected)
