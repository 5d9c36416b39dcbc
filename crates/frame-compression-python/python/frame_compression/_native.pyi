"""The Rust side of the package. It takes NumPy arrays; ``uint16`` stands for the bits of bfloat16."""

from collections.abc import Sequence
from typing import Any, final

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Compressor",
    "Picture",
    "__version__",
    "apply_batch",
    "check_image",
    "check_images",
    "element_type_error",
    "main",
    "not_on_cpu_error",
]

__version__: str

@final
class Compressor:
    def __new__(
        cls,
        codec: str,
        *,
        quality: float | None = None,
        crf: float | None = None,
        backend: str | None = None,
        subsampling: str | None = None,
        quant_tables: Sequence[Sequence[int]] | None = None,
        preset: str | None = None,
        x265_version: str | None = None,
        value_range: str = "signed_unit",
    ) -> Compressor: ...
    def apply(self, input: NDArray[Any], output: NDArray[Any]) -> None: ...

@final
class Picture:
    def __new__(cls, file: bytes) -> Picture: ...
    def pixels(self) -> NDArray[np.uint8]: ...
    def png(self, pixels: NDArray[np.uint8]) -> bytes: ...

def apply_batch(
    compressors: Sequence[Compressor], input: NDArray[Any], output: NDArray[Any], threads: int
) -> None: ...
def check_image(array: NDArray[Any]) -> None: ...
def check_images(array: NDArray[Any]) -> int: ...
def element_type_error(given: str) -> ValueError: ...
def not_on_cpu_error(device: str) -> ValueError: ...
def main(arguments: Sequence[str]) -> int: ...
