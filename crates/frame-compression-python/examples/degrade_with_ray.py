"""A folder of images, or of Parquet files, with compression artifacts, by Ray Data.

    python degrade_with_ray.py photos/ degraded/ --codecs h264 jpeg --quality 20 80 --seed 1
    python degrade_with_ray.py shards/ degraded/ --column image

Images are written as PNG under their own names, Parquet files under theirs; two images that would have one name are
refused. What exists is not made again, so that a run that was stopped goes on where it was. What cannot be read is named
at the end. The result depends on the images, the settings and the seed alone.
"""

from __future__ import annotations

import argparse
import os
import pathlib
from typing import Any

import pyarrow
import pyarrow.parquet
import ray
from frame_compression.ray import degrade_batch

IMAGES = {".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff"}


class WriteImages:
    """Writes every image of a batch below a folder, at the place that it has below another."""

    def __init__(self, source: pathlib.Path, target: pathlib.Path) -> None:
        self.source, self.target = source, target

    def __call__(self, batch: dict[str, Any]) -> dict[str, Any]:
        for path, file, error in zip(batch["path"], batch["image"], batch["error"]):
            if error:
                continue
            output = target_of(pathlib.Path(path), self.source, self.target)
            output.parent.mkdir(parents=True, exist_ok=True)
            # Under another name at first: a file that has its name is whole.
            unfinished = output.with_name(f"{output.name}.{os.getpid()}.part")
            unfinished.write_bytes(file)
            unfinished.replace(output)
        return {"error": batch["error"]}


def target_of(path: pathlib.Path, source: pathlib.Path, target: pathlib.Path) -> pathlib.Path:
    """Where the copy of an image goes."""
    return (target / path.relative_to(source)).with_suffix(".png")


def images_of(source: pathlib.Path, target: pathlib.Path) -> dict[pathlib.Path, pathlib.Path]:
    """Where the copy of each image of a folder goes; each of them to a place of its own."""
    inside = target.is_relative_to(source) and target != source
    outputs: dict[pathlib.Path, pathlib.Path] = {}
    origins: dict[str, pathlib.Path] = {}
    for path in sorted(source.rglob("*")):
        if path.suffix.lower() not in IMAGES or not path.is_file() or (inside and path.is_relative_to(target)):
            continue
        output = target_of(path, source, target)
        if output == path:
            raise SystemExit(f"{path} would be written over itself: give another folder")
        # Names that differ in case alone are one file on some systems.
        first = origins.setdefault(str(output).lower(), path)
        if first != path:
            raise SystemExit(f"{first} and {path} would both be written to {output}: rename one")
        outputs[path] = output
    return outputs


def degrade_images(source: pathlib.Path, target: pathlib.Path, settings: dict[str, Any]) -> int:
    """Degrades the images that have no copy yet, and gives their number. Names those that cannot be done at the end."""
    paths = [str(path) for path, output in images_of(source, target).items() if not output.exists()]
    if not paths:
        return 0
    # The files are read by degrade_batch, which turns them as they say and keeps alpha and profile.
    images = ray.data.from_items([{"path": path, "image": path} for path in paths])
    settings = {**settings, "on_error": "keep", "error_column": "error"}
    degraded = images.map_batches(degrade_batch, batch_size=8, fn_kwargs=settings)
    rows = degraded.map_batches(WriteImages(source, target), batch_size=8).take_all()
    errors = [row["error"] for row in rows if row["error"]]
    if errors:
        raise SystemExit("\n".join([f"{len(rows) - len(errors)} done, {len(errors)} failed:", *errors]))
    return len(rows)


def degrade_parquet(source: pathlib.Path, target: pathlib.Path, settings: dict[str, Any]) -> int:
    """Degrades the Parquet files that have no copy yet, and gives their number. A row that cannot be done ends the run."""
    if source == target:
        raise SystemExit(f"{source} would be written over itself: give another folder")
    target.mkdir(parents=True, exist_ok=True)
    todo = [path for path in sorted(source.glob("*.parquet")) if not (target / path.name).exists()]
    for path in todo:
        rows = ray.data.read_parquet(str(path)).map_batches(degrade_batch, batch_size=8, fn_kwargs=settings)
        unfinished = target / f"{path.name}.part"
        pyarrow.parquet.write_table(pyarrow.concat_tables(ray.get(rows.to_arrow_refs())), unfinished)
        unfinished.replace(target / path.name)
    return len(todo)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("source", type=lambda given: pathlib.Path(given).resolve())
    parser.add_argument("target", type=lambda given: pathlib.Path(given).resolve())
    parser.add_argument("--codecs", nargs="+", default=["h264", "h265", "jpeg"])
    parser.add_argument("--quality", nargs=2, type=float, default=(20.0, 95.0), metavar=("LOW", "HIGH"))
    parser.add_argument("--column", default="image", help="the column of Parquet files that holds images")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    settings = {"codecs": given.codecs, "quality": tuple(given.quality), "seed": given.seed, "column": given.column}
    if any(given.source.glob("*.parquet")):
        done = degrade_parquet(given.source, given.target, settings)
    else:
        done = degrade_images(given.source, given.target, {**settings, "column": "image"})
    print(f"{done} done")


if __name__ == "__main__":
    main()
