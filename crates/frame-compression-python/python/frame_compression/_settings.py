"""The settings of each codec as objects, made from the library's own table of them: names, ranges, defaults and help."""

from __future__ import annotations

import functools
import inspect
import operator
from fractions import Fraction
from typing import Any, ClassVar, TypeAlias

import numpy as np

from . import _native
from ._numbers import is_sequence, number
from .errors import InvalidSettingError, UnknownNameError

Facts: TypeAlias = "dict[str, dict[str, Any]]"

_FACTS: dict[str, tuple[str, Facts]] = {
    name: (description, {fact["name"]: fact for fact in facts}) for name, description, facts in _native.codecs()
}
_SHARED_STRENGTHS = ("quality", "crf")


class CodecSettings:
    """A codec and its settings, to be given wherever the name of a codec is accepted.

    Settings are keywords; what is None, or left out, has its default. They can be read as attributes, compared, hashed
    and pickled, and never change.
    """

    __slots__ = ("_given", "_native")
    codec: ClassVar[str]
    """The codec's name."""
    facts: ClassVar[Facts]
    """What can be set, by name: help, kind, what is allowed, default (as text)."""

    def __init__(self, **given: Any) -> None:
        given = {name: value for name, value in given.items() if value is not None}
        self._native = _native.Settings(self.codec, texts(self.codec, given))
        self._given = given

    @property
    def given(self) -> dict[str, Any]:
        """What was given, by name: plain values, as JSON has them."""
        return {name: _plain(value) for name, value in self._given.items()}

    def replace(self, **changed: Any) -> CodecSettings:
        """The same with other values for some settings."""
        strengths = strengths_of(self.codec)
        has_new_strength = any(name in strengths for name in changed)
        kept = {name: value for name, value in self._given.items() if not (has_new_strength and name in strengths)}
        return type(self)(**{**kept, **changed})

    def __getattr__(self, name: str) -> Any:
        fact = self.facts.get(name)
        if fact is None:
            raise AttributeError(f"{type(self).__name__} has no setting {name!r}: it has {', '.join(self.facts)}")
        text = self._native.get(name)
        return None if text is None else _value(text, fact["kind"])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self._given.items())})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, CodecSettings) and self._native.text() == other._native.text()

    def __hash__(self) -> int:
        return hash(self._native.text())

    def __reduce__(self) -> tuple[Any, ...]:
        return settings_of, (self.codec, self._given)


def _made(name: str, codec: str) -> type[CodecSettings]:
    """The class for the settings of a codec."""
    description, facts = _FACTS[codec]
    lines = [f"    {fact['name']}: {fact['help']}: {fact['allowed']}{_by_default(fact)}." for fact in facts.values()]
    parameters = [
        inspect.Parameter(fact, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Any) for fact in facts
    ]
    body = {
        "__slots__": (),
        "__module__": "frame_compression",
        "__doc__": "\n".join([f"{description}.", "", "Args:", *lines]),
        "__signature__": inspect.Signature(parameters),
        "codec": codec,
        "facts": facts,
    }
    return type(name, (CodecSettings,), body)


def _by_default(fact: dict[str, Any]) -> str:
    return "" if fact["default"] is None else f"; {fact['default']} by default"


_NAMES = {"webp": "WebP"}
_CLASSES = {codec: _made(_NAMES.get(codec, codec.capitalize()), codec) for codec in _FACTS}
H264, H265, Jpeg = (_CLASSES[codec] for codec in ("h264", "h265", "jpeg"))


CODECS = tuple(_CLASSES)
"""The names of all codecs."""


def classes() -> dict[str, type[CodecSettings]]:
    """The class of each codec's settings, by the name that the package has it under."""
    return {made.__name__: made for made in _CLASSES.values()}


def settings_of(codec: Any, given: dict[str, Any]) -> CodecSettings:
    """The settings that a codec's name, or settings themselves, and keywords stand for."""
    given = {name: value for name, value in given.items() if value is not None}
    if type(codec) is str and all(type(value) in (float, int, str) for value in given.values()):
        return _remembered(codec, *((name, type(value), value) for name, value in given.items()))
    return _new(codec, given)


@functools.lru_cache(maxsize=256)
def _remembered(codec: str, *given: tuple[str, type, Any]) -> CodecSettings:
    """The settings of plain values: calls that repeat them are quicker. They never change, so they can be shared."""
    return _new(codec, {name: value for name, _, value in given})


def _new(codec: Any, given: dict[str, Any]) -> CodecSettings:
    if isinstance(codec, CodecSettings):
        if given:
            raise TypeError(f"{', '.join(given)} beside {codec!r} is not allowed: give it to {type(codec).__name__}")
        return codec
    if not isinstance(codec, str):
        names = ", ".join(map(repr, _CLASSES))
        raise TypeError(f"codec={codec!r} is not allowed: it has to be one of {names}, or settings such as H264(crf=23)")
    made = _CLASSES.get(str(codec))
    if made is None:
        raise UnknownNameError(f"codec {codec!r} is not allowed: {', '.join([*_CLASSES][:-1])} or {[*_CLASSES][-1]}")
    for name in given:
        if all(name not in facts for _, facts in _FACTS.values()):
            raise TypeError(f"{name} is not allowed: {codec} has {', '.join(made.facts)}")
    return made(**given)


def facts_of(codec: str) -> Facts:
    """What can be set of a codec, by name; nothing for a codec that does not exist."""
    return _FACTS.get(codec, ("", {}))[1]


def strengths_of(codec: str) -> tuple[str, ...]:
    """The names of the settings that say how strongly the codec compresses; one of them at most is given."""
    _, facts = _FACTS[codec]
    return (*dict.fromkeys((next(iter(facts)), *_SHARED_STRENGTHS)),)


def texts(codec: str, given: dict[str, Any]) -> list[tuple[str, str]]:
    """The settings as the library takes them; the backend first, as it decides what else there is."""
    strengths = [name for name in given if name in strengths_of(codec)]
    if len(strengths) > 1:
        raise TypeError(f"{' and '.join(strengths)} are both given: give one")
    _, facts = _FACTS[codec]
    named = [(name, _text(name, value, facts.get(name))) for name, value in given.items()]
    return sorted(named, key=lambda setting: setting[0] != "backend")


def _text(name: str, value: Any, fact: dict[str, Any] | None) -> str:
    """A value as the library takes it."""
    if fact is None:
        return str(value)  # the library refuses the name
    kind, allowed = fact["kind"], fact["allowed"]
    if kind == "number":
        return repr(number(name, value, allowed))
    if kind == "list":
        return _text_of_list(name, value, fact)
    if kind == "text" and isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    is_whole = hasattr(value, "__index__") and not isinstance(value, bool) and not getattr(value, "ndim", 0)
    if kind in ("whole", "text") and is_whole:
        return str(operator.index(value))
    if kind == "text" and not isinstance(value, str):
        return repr(number(name, value, allowed))
    if kind == "whole" or not isinstance(value, str):
        raise TypeError(f"{name}={value!r} is not allowed: it has to be {allowed}")
    return value


def _text_of_list(name: str, value: Any, fact: dict[str, Any]) -> str:
    """Whole numbers in any nesting, such as two tables of eight rows."""
    allowed = fact["allowed"].removesuffix(", with commas between them")
    entries = np.asarray(value.split(",") if isinstance(value, str) else value, dtype=object).ravel().tolist()
    flat = [entry for part in entries for entry in (np.asarray(part).ravel().tolist() if is_sequence(part) else [part])]
    for index, entry in enumerate(flat):
        if not isinstance(value, str) and not (hasattr(entry, "__index__") and not isinstance(entry, bool)):
            raise TypeError(f"{name}: {entry!r} at index {index} is not allowed: it has to be {allowed}")
        if not str(entry).strip().isdigit():
            raise InvalidSettingError(f"{name}: {entry} at index {index} is not allowed: it has to be {allowed}")
    if len(flat) != fact["count"]:
        raise InvalidSettingError(f"{name} of {len(flat)} numbers is not allowed: it has to be {allowed}")
    return ",".join(str(entry).strip() for entry in flat)


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if is_sequence(value):
        return [_plain(entry) for entry in value]
    return value.tolist() if hasattr(value, "tolist") else value


def _value(text: str, kind: str) -> Any:
    """What the library tells of a setting, as Python's value."""
    if kind == "list":
        return tuple(int(entry) for entry in text.split(","))
    return {"number": float, "whole": int}.get(kind, str)(text)
