"""Ray Data on a local Ray of two workers, and Hugging Face's datasets: the same pictures as one by one."""

from __future__ import annotations

import importlib.util
import io
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
from PIL import Image
from pictures import random_picture

from frame_compression.ray import degrade_batch

EXAMPLE = pathlib.Path(__file__).parents[2] / "examples" / "degrade_with_ray.py"
SETTINGS: dict[str, Any] = {"codecs": ("h264", "jpeg"), "quality": (10.0, 60.0), "seed": 4}


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def opened(file: bytes | pathlib.Path) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(file) if isinstance(file, bytes) else file))


@pytest.fixture
def pictures(rng: np.random.Generator) -> list[np.ndarray]:
    return [random_picture(rng, 33 + 2 * (number % 3), 47) for number in range(12)]


@pytest.fixture
def expected(pictures: list[np.ndarray]) -> list[np.ndarray]:
    return degrade_batch({"image": pictures}, **SETTINGS)["image"]


@pytest.fixture(scope="module")
def ray() -> Iterator[Any]:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    import ray as module

    module.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
    module.data.DataContext.get_current().enable_progress_bars = False
    yield module
    module.shutdown()


@pytest.fixture(scope="module")
def example(ray: Any) -> Any:
    spec = importlib.util.spec_from_file_location("degrade_with_ray", EXAMPLE)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[module.__name__] = module
    spec.loader.exec_module(module)
    # The workers do not have the module: what they need of it goes to them by value.
    ray.cloudpickle.register_pickle_by_value(module)
    return module


def test_map_batches(ray: Any, pictures: list[np.ndarray], expected: list[np.ndarray]) -> None:
    rows = ray.data.from_items([{"id": place, "image": picture} for place, picture in enumerate(pictures)])
    degraded = rows.repartition(4).map_batches(degrade_batch, batch_size=2, fn_kwargs=SETTINGS)
    results = {row["id"]: row["image"] for row in degraded.take_all()}
    assert results.keys() == set(range(12))
    for place, wanted in enumerate(expected):
        np.testing.assert_array_equal(results[place], wanted)


def test_the_example_degrades_a_folder_and_goes_on_where_it_was(
    example: Any, pictures: list[np.ndarray], expected: list[np.ndarray], tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "deeper").mkdir(parents=True)
    names = [f"{'deeper/' if place % 2 else ''}{place}.png" for place in range(12)]
    for name, picture in zip(names, pictures):
        (source / name).write_bytes(png(picture))
    assert example.degrade_images(source, target, SETTINGS) == 12
    assert sorted(path.name for path in target.rglob("*.*")) == sorted(pathlib.Path(name).name for name in names)
    for name, wanted in zip(names, expected):
        np.testing.assert_array_equal(opened(target / name), wanted)

    assert example.degrade_images(source, target, SETTINGS) == 0
    for name in names[:5]:
        (target / name).unlink()
    assert example.degrade_images(source, target, SETTINGS) == 5
    for name, wanted in zip(names, expected):
        np.testing.assert_array_equal(opened(target / name), wanted)


def test_a_killed_run_of_the_example_leaves_whole_images_and_the_next_makes_the_rest(
    rng: np.random.Generator, tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    pictures = [random_picture(rng, 240, 320) for _ in range(96)]
    expected = degrade_batch({"image": pictures}, codecs=("h265",), quality=(20.0, 95.0), seed=4)["image"]
    for place, picture in enumerate(pictures):
        (source / f"{place}.png").write_bytes(png(picture))
    command = [sys.executable, str(EXAMPLE), str(source), str(target), "--codecs", "h265", "--seed", "4"]
    # A Ray of its own, which ends with it.
    environment = {**os.environ, "RAY_ADDRESS": "local", "RAY_USAGE_STATS_ENABLED": "0"}
    run = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not any(target.glob("*.png")):
        assert run.poll() is None, "the run ended before it was killed"
        time.sleep(0.005)
    run.kill()
    run.wait()
    left = list(target.glob("*.png"))
    assert len(left) < len(pictures)
    for path in left:
        np.testing.assert_array_equal(opened(path), expected[int(path.stem)])

    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    assert {path.name for path in target.glob("*.png")} == {path.name for path in source.iterdir()}
    for place, wanted in enumerate(expected):
        np.testing.assert_array_equal(opened(target / f"{place}.png"), wanted)


def test_the_example_refuses_two_images_of_one_name(
    example: Any, pictures: list[np.ndarray], tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for name in ("a.jpg", "a.png"):
        (source / name).write_bytes(png(pictures[0]))
    with pytest.raises(SystemExit, match=r"a\.jpg and .*a\.png would both be written"):
        example.degrade_images(source, target, SETTINGS)
    assert not target.exists()
    (source / "a.jpg").unlink()
    with pytest.raises(SystemExit, match="written over itself"):
        example.degrade_images(source, source, SETTINGS)


def test_the_example_names_what_it_cannot_read(
    example: Any, pictures: list[np.ndarray], expected: list[np.ndarray], tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    (source / "whole.png").write_bytes(png(pictures[0]))
    (source / "cut.png").write_bytes(png(pictures[1])[:200])
    with pytest.raises(SystemExit, match=r"1 done, 1 failed:\n.*cut\.png"):
        example.degrade_images(source, target, SETTINGS)
    assert [path.name for path in target.iterdir()] == ["whole.png"]
    np.testing.assert_array_equal(opened(target / "whole.png"), expected[0])


def test_the_example_degrades_parquet_files(
    example: Any, pictures: list[np.ndarray], expected: list[np.ndarray], tmp_path: pathlib.Path
) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    for shard in range(3):
        table = pyarrow.table({"image": [png(picture) for picture in pictures[4 * shard : 4 * shard + 4]], "id": range(4)})
        pyarrow.parquet.write_table(table, source / f"{shard}.parquet")
    assert example.degrade_parquet(source, target, SETTINGS) == 3
    (target / "1.parquet").unlink()
    assert example.degrade_parquet(source, target, SETTINGS) == 1
    for shard in range(3):
        table = pyarrow.parquet.read_table(target / f"{shard}.parquet")
        rows = sorted(table.to_pylist(), key=lambda row: row["id"])
        assert len(rows) == 4
        for row, wanted in zip(rows, expected[4 * shard :]):
            np.testing.assert_array_equal(opened(row["image"]), wanted)


def test_map_of_datasets(pictures: list[np.ndarray], expected: list[np.ndarray], tmp_path: pathlib.Path) -> None:
    import datasets

    images = [Image.fromarray(picture) for picture in pictures]
    features = datasets.Features({"image": datasets.Image(), "label": datasets.Value("int64")})
    data = datasets.Dataset.from_dict({"image": images, "label": list(range(12))}, features=features)
    for processes in (None, 2):
        result = data.map(
            degrade_batch, batched=True, batch_size=5, num_proc=processes, fn_kwargs={**SETTINGS, "params_column": "drawn"}
        )
        assert isinstance(result.features["image"], datasets.Image) and result["label"] == list(range(12))
        assert len(set(result["drawn"])) == 12
        for row, wanted in zip(result, expected):
            np.testing.assert_array_equal(np.asarray(row["image"]), wanted)

    files = [b"no picture" if place == 3 else png(picture) for place, picture in enumerate(pictures)]
    data_of_files = datasets.Dataset.from_dict({"image": files, "label": list(range(12))})
    dropped = data_of_files.map(
        degrade_batch, batched=True, batch_size=5, fn_kwargs={**SETTINGS, "on_error": "drop", "error_column": "error"}
    )
    assert dropped["label"] == [0, 1, 2, 4, 5, 6, 7, 8, 9, 10, 11] and set(dropped["error"]) == {""}

    undecoded = data.cast_column("image", datasets.Image(decode=False))
    for row, wanted in zip(undecoded.map(degrade_batch, batched=True, fn_kwargs=SETTINGS), expected):
        np.testing.assert_array_equal(opened(row["image"]["bytes"]), wanted)
