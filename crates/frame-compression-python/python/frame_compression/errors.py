"""What can be wrong with a call. Every exception is a ``ValueError`` with the library's own text,
which says what was given and what is allowed."""

from __future__ import annotations

from typing import ClassVar

__all__ = [
    "BackendUnavailableError",
    "BufferLengthError",
    "FrameCompressionError",
    "InvalidCrfError",
    "InvalidElementTypeError",
    "InvalidOutputError",
    "InvalidQualityError",
    "InvalidQuantTableError",
    "InvalidSettingError",
    "InvalidShapeError",
    "InvalidStridesError",
    "InvalidSubsamplingError",
    "NonFiniteSampleError",
    "NotOnCpuError",
    "OddSizeError",
    "OutputSizeError",
    "PlatformError",
    "RowError",
    "TooLargeError",
    "TooSmallError",
    "UnknownNameError",
    "UnreadablePictureError",
    "UnsupportedSettingError",
]


class FrameCompressionError(ValueError):
    """Base of all of this package's exceptions."""

    code: ClassVar[int] = 0
    """The number of this kind of error, the same in every language; 0 where only Python has it."""


class InvalidQualityError(FrameCompressionError):
    """The quality is not a finite number from 0 to 100."""

    code = 1


class InvalidCrfError(FrameCompressionError):
    """The CRF is not a finite number from 0 to 51."""

    code = 2


class InvalidQuantTableError(FrameCompressionError):
    """A quantisation table of a JPEG has a wrong entry."""

    code = 3


class NotOnCpuError(FrameCompressionError):
    """The tensor is not in main memory."""

    code = 4


class InvalidElementTypeError(FrameCompressionError, TypeError):
    """The elements are of a type that the library does not take."""

    code = 5


class InvalidShapeError(FrameCompressionError):
    """The shape is not (1, height, width, 3), or (images, height, width, 3) for a batch."""

    code = 6


class TooLargeError(FrameCompressionError):
    """A side is too long."""

    code = 7


class BufferLengthError(FrameCompressionError):
    """The buffer is too short for its shape."""

    code = 8


class InvalidStridesError(FrameCompressionError):
    """The strides are negative, uneven, or let two elements share a place."""

    code = 9


class BackendUnavailableError(FrameCompressionError):
    """The backend does not exist here, or does not code this codec."""

    code = 11


class UnsupportedSettingError(FrameCompressionError):
    """The codec does not have this setting."""

    code = 12


class InvalidSettingError(FrameCompressionError):
    """A setting does not take this value."""

    code = 19


class OddSizeError(FrameCompressionError):
    """Width or height is odd, for a codec that stores chroma at half size."""

    code = 13


class TooSmallError(FrameCompressionError):
    """Width or height is below what the codec takes."""

    code = 14


class InvalidSubsamplingError(FrameCompressionError):
    """The codec does not take this chroma subsampling."""

    code = 15


class OutputSizeError(FrameCompressionError):
    """Input and output differ in size."""

    code = 16


class NonFiniteSampleError(FrameCompressionError):
    """A sample is NaN or infinite."""

    code = 17


class PlatformError(FrameCompressionError):
    """A call to the operating system's codec failed."""

    code = 18


class UnknownNameError(FrameCompressionError):
    """A codec, backend, subsampling or value range that does not exist."""


class InvalidOutputError(FrameCompressionError):
    """The output is read-only, or not of the kind that the call needs."""


class UnreadablePictureError(FrameCompressionError):
    """The image file is damaged, or of a format that is not read."""


class RowError(FrameCompressionError):
    """A row of a data set cannot be done; ``__cause__`` says why.

    Args:
        text: what is said of it.
        row: its number in the batch.
        key: its value in the column of keys, where there is one.
    """

    def __init__(self, text: str, row: int, key: object = None) -> None:
        super().__init__(text, row, key)  # as `args`, which pickle and Ray hand on
        self.row, self.key = row, key

    def __str__(self) -> str:
        return str(self.args[0])


_BY_CODE = {error.code: error for error in FrameCompressionError.__subclasses__() if error.code}


def from_code(code: int, text: str) -> FrameCompressionError:
    """The exception for a kind of error of the library."""
    return _BY_CODE.get(code, FrameCompressionError)(text)
