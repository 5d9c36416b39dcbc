"""Many images at once: the same as one by one, whatever the threads; and threads and processes of the caller's own."""

from __future__ import annotations

import array
import concurrent.futures
import multiprocessing
import os
import signal
import sys
import threading
import time
from typing import Any

import numpy as np
import pytest
from pictures import random_picture

import frame_compression as fc
from frame_compression import errors


@pytest.fixture
def images(rng: np.random.Generator) -> np.ndarray:
    return np.stack([random_picture(rng, 64, 48) for _ in range(7)])


def one_by_one(images: np.ndarray, **settings: Any) -> np.ndarray:
    return np.concatenate([fc.apply_compression_artifacts(image[np.newaxis], **settings) for image in images])


@pytest.mark.parametrize("threads", [1, 2, 3, 8, 1000])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float16])
def test_a_batch_is_its_images_one_by_one(images: np.ndarray, dtype: Any, threads: int) -> None:
    samples = images if dtype == np.uint8 else (images / 127.5 - 1).astype(dtype)
    expected = one_by_one(samples, crf=31)
    result = fc.apply_batch(samples, crf=31, threads=threads)
    assert result.dtype == dtype
    np.testing.assert_array_equal(result, expected)
    np.testing.assert_array_equal(fc.FrameCompressor(crf=31).apply_batch(samples, threads=threads), expected)


@pytest.mark.parametrize("kind", [list, tuple, np.array, lambda given: array.array("d", given), np.float32])
def test_anything_like_a_sequence_is_one_strength_for_each_image(images: np.ndarray, kind: Any) -> None:
    given = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0]
    expected = fc.apply_batch(images, ["jpeg"] * 7, given)
    np.testing.assert_array_equal(fc.apply_batch(images, "jpeg", kind(given)), expected)
    np.testing.assert_array_equal(fc.apply_batch(images, np.array(["jpeg"] * 7), quality=range(10, 80, 10)), expected)
    np.testing.assert_array_equal(fc.apply_batch(images, "jpeg", np.array(30)), fc.apply_batch(images, "jpeg", 30))


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"crf": "29"}, "crf='29' is not allowed: it has to be a number from 0 to 51"),
        ({"crf": ["29"] * 7}, "crf='29' is not allowed: it has to be a number from 0 to 51"),
        ({"quality": True}, "quality=True is not allowed: it has to be a number from 0 to 100"),
        ({"quality": {"jpeg": 3}}, "is not allowed: it has to be a number from 0 to 100"),
        ({"quality": np.zeros((7, 1))}, "is not allowed: it has to be a number from 0 to 100"),
        ({"threads": "2"}, "threads='2' is not allowed: it has to be a whole number, at least 1"),
        ({"threads": 2.0}, "threads=2.0 is not allowed: it has to be a whole number, at least 1"),
    ],
)
def test_anything_else_is_refused(images: np.ndarray, settings: Any, said: str) -> None:
    with pytest.raises(TypeError) as raised:
        fc.apply_batch(images, **settings)
    assert said in str(raised.value)


@pytest.mark.parametrize("threads", [1, 4])
def test_every_image_may_have_settings_of_its_own(images: np.ndarray, threads: int) -> None:
    crf = [0, 10.5, 20, 29, 35, 45, 51]
    expected = np.concatenate(
        [fc.apply_compression_artifacts(image[np.newaxis], crf=c) for image, c in zip(images, crf)]
    )
    codecs: list[fc.Codec] = ["h264"] * 7
    for given in (crf, tuple(crf), np.array(crf)):
        np.testing.assert_array_equal(fc.apply_batch(images, crf=given, threads=threads), expected)
        np.testing.assert_array_equal(fc.apply_batch(images, codecs, crf=given, threads=threads), expected)
    quality = np.linspace(0, 100, 7, dtype=np.float32)
    expected = np.concatenate(
        [fc.apply_compression_artifacts(image[np.newaxis], quality=float(q)) for image, q in zip(images, quality)]
    )
    np.testing.assert_array_equal(fc.apply_batch(images, quality=quality, threads=threads), expected)


def test_batches_are_written_where_the_caller_says(images: np.ndarray) -> None:
    expected = one_by_one(images, crf=40)
    planar = np.zeros((7, 3, 64, 48), np.uint8).transpose(0, 2, 3, 1)
    assert fc.apply_batch(images, crf=40, threads=2, out=planar) is planar
    np.testing.assert_array_equal(planar, expected)

    every_other = np.zeros((14, 64, 48, 3), np.uint8)
    fc.apply_batch(images, crf=40, threads=2, out=every_other[::2])
    np.testing.assert_array_equal(every_other[::2], expected)
    assert not every_other[1::2].any()

    shifted = np.concatenate([images, images[:1]])
    fc.apply_batch(shifted[:7], crf=40, out=shifted[1:])
    np.testing.assert_array_equal(shifted[1:], expected)

    in_place = images.copy()
    fc.apply_batch(in_place, crf=40, threads=2, out=in_place)
    np.testing.assert_array_equal(in_place, expected)


@pytest.mark.parametrize(
    ("settings", "expected", "text"),
    [
        ({"threads": 0}, ValueError, "0 threads"),
        ({"threads": -2}, ValueError, "-2 threads"),
        ({"threads": 1.5}, TypeError, "whole number"),
        ({"threads": None}, TypeError, "threads=None"),
        ({"crf": [20, 30]}, ValueError, "settings for 2 images are not allowed: there are 7"),
        ({"crf": []}, ValueError, "settings for 0 images"),
        ({"crf": [20] * 7, "codec": ["h264"] * 6}, ValueError, "different numbers"),
        ({"crf": [20] * 6 + [52]}, errors.InvalidCrfError, "crf 52"),
        ({"codec": ["h264"] * 6 + ["gif"]}, errors.UnknownNameError, "gif"),
        ({"out": np.zeros((6, 64, 48, 3), "u1")}, errors.InvalidOutputError, "[6, 64, 48, 3]"),
        ({"out": np.zeros((64, 48, 3, 7), "u1").transpose(3, 0, 1, 2)}, errors.InvalidOutputError, "interleaved"),
        ({"out": np.zeros((7, 64, 48, 3), "u1")[::-1]}, errors.InvalidStridesError, "negative"),
    ],
)
def test_bad_batches_are_refused(images: np.ndarray, settings: Any, expected: Any, text: str) -> None:
    with pytest.raises(expected) as raised:
        fc.apply_batch(images, **settings)
    assert type(raised.value) is expected and text in str(raised.value)


@pytest.mark.parametrize("threads", [1, 2, 4])
def test_the_first_image_that_fails_is_named(images: np.ndarray, threads: int) -> None:
    samples = (images / 127.5 - 1).astype(np.float32)
    samples[3, 5, 6, 1] = samples[4, 0, 0, 0] = samples[6, 0, 0, 0] = np.nan
    for _ in range(20):
        with pytest.raises(errors.NonFiniteSampleError, match="image 3: .*row 5, column 6, channel 1"):
            fc.apply_batch(samples, threads=threads)


def test_one_compressor_serves_many_threads(rng: np.random.Generator) -> None:
    compressor = fc.FrameCompressor(crf=33)
    pictures = [random_picture(rng, 16 * (1 + n % 5), 32 + 2 * n)[np.newaxis] for n in range(40)]
    expected = [compressor.apply(picture) for picture in pictures]
    start = threading.Barrier(8)

    def work(first: int) -> list[np.ndarray]:
        start.wait()
        return [compressor.apply(picture) for picture in pictures[first:] + pictures[:first]]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for first, results in enumerate(pool.map(work, range(8))):
            for result, wanted in zip(results, expected[first:] + expected[:first]):
                np.testing.assert_array_equal(result, wanted)


def test_the_gil_is_released(rng: np.random.Generator) -> None:
    picture = np.tile(random_picture(rng, 256, 256), (8, 8, 1))[np.newaxis]
    sys.setswitchinterval(100)  # no thread that holds the GIL gives it away of itself
    try:
        ticks, done = [], threading.Event()

        def count() -> None:
            while not done.is_set():
                ticks.append(time.perf_counter())
                time.sleep(0)

        counter = threading.Thread(target=count)
        counter.start()
        before = time.perf_counter()
        fc.apply_compression_artifacts(picture)
        after = time.perf_counter()
        done.set()
        counter.join()
    finally:
        sys.setswitchinterval(0.005)
    assert sum(before < tick < after for tick in ticks) > 1


def _in_child(compressor: fc.FrameCompressor, picture: np.ndarray, pipe: Any) -> None:
    pipe.send((compressor.apply(picture), fc.apply_batch(picture, crf=33, threads=2)))


@pytest.mark.parametrize("method", multiprocessing.get_all_start_methods())
def test_child_processes_give_the_same(rng: np.random.Generator, method: str) -> None:
    compressor = fc.FrameCompressor(crf=33)
    picture = random_picture(rng, 96, 96)[np.newaxis]
    expected = compressor.apply(picture)
    context: Any = multiprocessing.get_context(method)
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_in_child, args=(compressor, picture, sender))
    child.start()
    assert receiver.poll(60)
    for result in receiver.recv():
        np.testing.assert_array_equal(result, expected)
    child.join()
    assert child.exitcode == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_fork_in_the_middle_of_other_threads_work_gives_the_same(rng: np.random.Generator) -> None:
    compressor = fc.FrameCompressor(crf=33)
    picture = random_picture(rng, 128, 128)[np.newaxis]
    expected = compressor.apply(picture)
    done = threading.Event()

    def work() -> None:
        while not done.is_set():
            compressor.apply(picture)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(30):
            child = os.fork()
            if child == 0:
                os._exit(0 if (compressor.apply(picture) == expected).all() else 1)
            for _ in range(6000):
                ended, status = os.waitpid(child, os.WNOHANG)
                if ended:
                    break
                time.sleep(0.01)
            else:
                os.kill(child, 9)
                os.waitpid(child, 0)
                pytest.fail("the child hangs")
            assert status == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()


@pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")
@pytest.mark.parametrize("threads", [1, 3])
def test_a_long_batch_can_be_interrupted(rng: np.random.Generator, threads: int) -> None:
    images = np.broadcast_to(random_picture(rng, 512, 512), (100, 512, 512, 3))
    timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
    # A shell starts what it runs in the background with the signal ignored.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        start = time.perf_counter()
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            while time.perf_counter() - start < 20:
                fc.apply_batch(images, crf=20, threads=threads)
        assert time.perf_counter() - start < 20
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("codec", ["h264", "h265", "jpeg"])
def test_threads_on_one_image_give_the_same(rng: np.random.Generator, codec: fc.Codec) -> None:
    picture = random_picture(rng, 200, 160)[np.newaxis]
    expected = fc.apply_compression_artifacts(picture, codec, crf=30)
    for threads in (1, 2, 3, 8, 100_000):
        np.testing.assert_array_equal(fc.apply_compression_artifacts(picture, codec, crf=30, threads=threads), expected)
    in_place = picture.copy()
    fc.FrameCompressor(codec, crf=30).apply(in_place, out=in_place, threads=2)
    np.testing.assert_array_equal(in_place, expected)
    for threads, expected_error in ((0, ValueError), (-1, ValueError), ("2", TypeError), (2.0, TypeError), (None, TypeError)):
        with pytest.raises(expected_error, match="threads"):
            fc.apply_compression_artifacts(picture, codec, threads=threads)
