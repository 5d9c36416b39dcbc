"""Compression artifacts as a data augmentation: a random codec at a random strength for every image.

The class here takes NumPy arrays (height, width, 3) and needs NumPy only. ``transforms.torchvision`` and
``transforms.albumentations`` have classes of the same name and arguments for those libraries.
"""

from . import recipes
from ._callable import CompressionArtifacts
from ._random import Params, Ranges

__all__ = ["CompressionArtifacts", "Params", "Ranges", "recipes"]
