"""The nodes through the interface that ComfyUI uses: found in the mappings, called by name with what they ask for."""

from __future__ import annotations

import importlib.util
import pathlib
import sys
from typing import Any

import numpy as np
import pytest
import torch
from pictures import random_picture
from pyav import round_trip

import frame_compression as fc
from frame_compression.transforms import recipes

FOLDER = pathlib.Path(__file__).parents[2] / "comfyui"


@pytest.fixture(scope="module")
def nodes() -> Any:
    """The package, loaded by its path as ComfyUI loads custom nodes."""
    spec = importlib.util.spec_from_file_location("custom_node", FOLDER / "__init__.py", submodule_search_locations=[str(FOLDER)])
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules["custom_node"] = module
    spec.loader.exec_module(module)
    return module


def run(nodes: Any, name: str, **given: Any) -> Any:
    """The image of a node, with the defaults of what is not given."""
    return outputs_of(nodes, name, **given)[0]


def outputs_of(nodes: Any, name: str, **given: Any) -> tuple[Any, ...]:
    """Runs a node as ComfyUI does."""
    kind = nodes.NODE_CLASS_MAPPINGS[name]
    inputs = kind.INPUT_TYPES()
    arguments = {}
    for group in ("required", "optional"):
        for argument, (type_, *options) in inputs.get(group, {}).items():
            default = type_[0] if isinstance(type_, list) else None
            arguments[argument] = given.pop(argument, options[0].get("default", default) if options else default)
    assert not given
    outputs = getattr(kind(), kind.FUNCTION)(**arguments)
    assert isinstance(outputs, tuple) and len(outputs) == len(kind.RETURN_TYPES)
    return outputs


@pytest.fixture
def images(rng: np.random.Generator) -> torch.Tensor:
    return torch.from_numpy(np.stack([random_picture(rng, 65, 98) for _ in range(3)])) / 255


def test_every_node_has_a_name_to_show(nodes: Any) -> None:
    assert nodes.NODE_CLASS_MAPPINGS.keys() == nodes.NODE_DISPLAY_NAME_MAPPINGS.keys()
    assert all(kind.CATEGORY and kind.RETURN_TYPES[0] == "IMAGE" for kind in nodes.NODE_CLASS_MAPPINGS.values())


@pytest.mark.parametrize("img_compression", [1, 35, 51, 100])
def test_ltxv_preprocess_is_the_round_trip(
    one_core: None, nodes: Any, images: torch.Tensor, img_compression: int
) -> None:
    result = run(nodes, "FrameCompressionLTXVPreprocess", image=images, img_compression=img_compression)
    assert result.shape == (3, 64, 98, 3) and result.dtype == torch.float32
    for got, image in zip(result, images):
        expected = round_trip((image[:64] * 255).byte().numpy(), img_compression)
        assert torch.equal(got, torch.from_numpy(expected) / 255)


def test_ltxv_preprocess_leaves_images_at_0(nodes: Any, images: torch.Tensor) -> None:
    assert torch.equal(run(nodes, "FrameCompressionLTXVPreprocess", image=images, img_compression=0), images)


@pytest.mark.parametrize("codec", ["h264", "jpeg"])
def test_the_general_node_gives_the_codecs_picture(nodes: Any, images: torch.Tensor, codec: fc.Codec) -> None:
    result = run(nodes, "FrameCompressionArtifacts", image=images[:, :64], codec=codec, quality=30.0)
    expected = fc.apply_batch(images[:, :64].contiguous(), codec, 30.0, value_range="unit")
    assert torch.equal(result, expected)
    odd = run(nodes, "FrameCompressionArtifacts", image=images, codec=codec)
    assert odd.shape == images.shape and not torch.equal(odd, images)


def test_the_general_node_keeps_alpha(nodes: Any, images: torch.Tensor) -> None:
    alpha = torch.rand(3, 65, 98, 1)
    arguments = {"codec": "jpeg", "quality": 20.0, "subsampling": "444"}
    result = run(nodes, "FrameCompressionArtifacts", image=torch.cat([images, alpha], -1), **arguments)
    assert torch.equal(result[..., 3:], alpha)
    assert torch.equal(result[..., :3], run(nodes, "FrameCompressionArtifacts", image=images, **arguments))


def test_the_general_node_takes_every_setting(nodes: Any, images: torch.Tensor) -> None:
    even = images[:, :64].contiguous()
    result = run(
        nodes, "FrameCompressionArtifacts", image=even, codec="h264", quality=40.0, settings="preset=medium fps=25  slices=2"
    )
    expected = fc.apply_batch(even, "h264", 40.0, value_range="unit", preset="medium", fps=25, slices=2)
    assert torch.equal(result, expected)
    with pytest.raises(fc.FrameCompressionError):
        run(nodes, "FrameCompressionArtifacts", image=even, codec="jpeg", settings="preset=medium")


@pytest.mark.parametrize(("preset", "bframes"), [("ultrafast", -1), ("superfast", -1), ("veryfast", 1), ("medium", -1)])
def test_the_clip_node_gives_the_clips_picture(nodes: Any, rng: np.random.Generator, preset: str, bframes: int) -> None:
    picture = random_picture(rng, 160, 98)
    frames = torch.from_numpy(np.stack([np.roll(picture, 2 * number, 1) for number in range(7)])) / 255
    arguments = {"crf": 30.5, "fps": 23.976, "preset": preset, "bframes": bframes}
    result = run(nodes, "FrameCompressionClip", image=frames, **arguments)
    settings = fc.H264(crf=30.5, fps=23.976, preset=preset)
    clip = {"bframes": bframes} if bframes >= 0 else {}
    assert torch.equal(result, fc.apply_clip(frames, settings, value_range="unit", **clip))
    sliced = run(nodes, "FrameCompressionClip", image=frames, **arguments, settings="slices=2")
    assert not torch.equal(sliced, result)
    odd = run(nodes, "FrameCompressionClip", image=torch.cat([frames, frames[..., :1]], -1)[:, :159], **arguments)
    assert odd.shape == (7, 159, 98, 4) and torch.equal(odd[..., 3:], frames[:, :159, :, :1])


@pytest.mark.parametrize("recipe", recipes.NAMES)
def test_the_recipe_node_says_what_it_draws(nodes: Any, images: torch.Tensor, recipe: str) -> None:
    alpha = torch.rand(3, 65, 98, 1)
    given = torch.cat([images, alpha], -1)
    result, drawn = outputs_of(nodes, "FrameCompressionRecipe", image=given, recipe=recipe, seed=2**64 - 1)
    assert torch.equal(result[..., 3:], alpha)
    degrade = recipes.Degrade(recipe, generator=2**64 - 1)
    lines = drawn.splitlines()
    assert len(lines) == 3
    for number, (got, image, line) in enumerate(zip(result, images, lines)):
        params = degrade.get_params(key=str(number))
        assert line == f"{number}: " + ", ".join(recipes.as_text(one) or "nothing" for one in params)
        expected = degrade.apply((image * 255).round().byte().numpy(), params)
        assert torch.equal((got[..., :3] * 255).round().byte(), torch.from_numpy(expected))
    again = outputs_of(nodes, "FrameCompressionRecipe", image=given, recipe=recipe, seed=2**64 - 1)
    assert torch.equal(again[0], result) and again[1] == drawn
    assert outputs_of(nodes, "FrameCompressionRecipe", image=given, recipe=recipe, seed=3)[1] != drawn


def test_ltxv_preprocess_takes_other_machines(nodes: Any, rng: np.random.Generator) -> None:
    image = torch.from_numpy(random_picture(rng, 256, 64)[np.newaxis]) / 255
    for cores in ("3", "server", "this"):
        result = run(nodes, "FrameCompressionLTXVPreprocess", image=image, img_compression=33, cores=cores)
        threads = {"3": 3, "server": 128, "this": None}[cores]
        expected = round_trip((image[0] * 255).byte().numpy(), 33, threads=threads)
        assert torch.equal(result[0], torch.from_numpy(expected) / 255)
