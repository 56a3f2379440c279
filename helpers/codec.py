"""Values as plain data: what a learner's function returned, without running any of its code.

Numbers and arrays are read only where their type is exactly a built-in or NumPy one; containers are
read by the base class's own methods. Anything else becomes a description of its type, so an object
that lies about itself is never asked.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

Plain = Any  # what the json module reads and writes

MAX_ITEMS = 100_000
MAX_DEPTH = 6
MAX_TEXT = 10_000
MAX_INTEGER = 2**63 - 1  # what a NumPy array holds; a float of it is finite
_TOO_LARGE = "an integer too large to be a result"


class CodecError(ValueError):
    """Plain data that does not describe a value."""


@dataclass(frozen=True)
class Opaque:
    """A value that is not data, known only by what it is, for example "a generator"."""

    what: str


@dataclass(frozen=True)
class Formula:
    """A function given as text, so that it can travel as data: ``Formula("t", "t[0]**2")``."""

    argument: str
    text: str

    def function(self) -> Callable[[Any], Any]:
        """Return the function that the text describes; the text is always the course's own."""
        return eval(f"lambda {self.argument}: {self.text}", {"np": np})


@dataclass(frozen=True)
class Seed:
    """A random generator given by its seed; ``times`` asks for that many calls with one generator."""

    seed: int
    times: int = 1

    def generator(self) -> np.random.Generator:
        """Return a new generator."""
        return np.random.default_rng(self.seed)


def encode(value: Any) -> Plain:
    """
    Describe a value as plain data.

    Parameters
    ----------
    value : object
        Anything; numbers, text, arrays, lists, tuples and dicts keep their value.

    Returns
    -------
    plain
        Data for the json module. Objects of other types become ``{"opaque": what}``.

    Examples
    --------
    >>> encode((1, 2.5))
    {'tuple': [1, 2.5]}
    >>> encode(np.array([1.0, 2.0]))
    {'array': [1.0, 2.0], 'dtype': 'float64', 'shape': [2]}
    """
    return _encode(value, 0)


def _encode(value: Any, depth: int) -> Plain:
    kind = type(value)
    if depth > MAX_DEPTH:
        return _opaque("a deeply nested container")
    # by identity: a type of the learner's may say that it equals every other
    if value is None or kind is bool:
        return value
    if kind is int:
        return value if abs(value) <= MAX_INTEGER else _opaque(_TOO_LARGE)
    if kind is float:
        return _float(value)
    # subclasses such as named tuples are read by the base class's own methods, which cannot lie
    if issubclass(kind, str):
        text = "".join(str.__iter__(value)).encode("utf-8", "replace").decode("utf-8")
        return text if len(text) <= MAX_TEXT else _opaque("a very long text")
    for base in (list, tuple):
        if issubclass(kind, base):
            if base.__len__(value) > MAX_ITEMS:
                return _opaque(f"a very long {base.__name__}")
            return {base.__name__: [_encode(item, depth + 1) for item in base.__iter__(value)]}
    if issubclass(kind, dict):
        return _encode_dict(value, depth)
    if kind is Formula:
        return {"formula": [value.argument, value.text]}
    if kind is Seed:
        return {"seed": value.seed, "times": value.times}
    if kind is np.ndarray:
        return _encode_array(value)
    if type(kind) is type and kind in _SCALARS:  # no metaclass is asked for a hash
        return _encode_scalar(value)
    return _opaque(_describe(kind))


def _encode_dict(value: dict[Any, Any], depth: int) -> Plain:
    if dict.__len__(value) > MAX_ITEMS:
        return _opaque("a very large dict")
    pairs = list(dict.items(value))
    if any(type(key) is not str for key, _ in pairs):
        return _opaque("a dict with keys that are not text")
    return {"dict": [[key, _encode(item, depth + 1)] for key, item in pairs]}


_SCALARS = frozenset(np.sctypeDict.values())


def _encode_scalar(value: Any) -> Plain:
    kind = value.dtype.kind
    if kind not in "biuf":
        return _opaque(f"a NumPy scalar of {_CONTENTS.get(kind, 'objects')}")
    item = _float(float(value)) if kind == "f" else value.item()
    return {"scalar": item, "dtype": _dtype_name(value.dtype)}


def _encode_array(array: np.ndarray) -> Plain:
    if array.dtype.kind not in "biuf":
        return _opaque(f"an array of {_CONTENTS.get(array.dtype.kind, 'objects')}")
    if array.size > MAX_ITEMS:
        return _opaque("a very large array")
    flat = array.ravel().tolist()
    if array.dtype.kind == "f" and not (array.dtype.itemsize <= 8 and np.isfinite(array).all()):
        flat = [_float(float(item)) for item in flat]
    return {"array": flat, "dtype": _dtype_name(array.dtype), "shape": list(array.shape)}


@cache  # NumPy puts the name together at each call
def _dtype_name(dtype: np.dtype) -> str:
    return dtype.name


_CONTENTS = {"c": "complex numbers", "S": "bytes", "U": "text", "M": "dates", "m": "times"}


def _float(value: float) -> Plain:
    return value if math.isfinite(value) else {"float": repr(value)}


def _opaque(what: str) -> Plain:
    return {"opaque": what}


def _describe(kind: type) -> str:
    # type.__name__ read through type itself: a metaclass of the learner has no say
    name = type.__dict__["__name__"].__get__(kind)
    name = "".join(c for c in name if c.isprintable())[:40]
    return {"generator": "a generator", "function": "a function"}.get(
        name, f"an object of type {name}"
    )


def decode(plain: Plain) -> Any:
    """
    Rebuild the value that plain data describe; nothing is ever evaluated.

    Parameters
    ----------
    plain
        What :func:`encode` made.

    Returns
    -------
    object
        The value, or an :class:`Opaque` where the value was not data.

    Raises
    ------
    CodecError
        If the data describe no value, for example a shape that does not fit.

    Examples
    --------
    >>> decode(encode({"w": np.array([1, 2])}))
    {'w': array([1, 2])}
    """
    if type(plain) is float:
        return plain
    if isinstance(plain, int) and abs(plain) > MAX_INTEGER:
        return Opaque(_TOO_LARGE)
    if plain is None or isinstance(plain, bool | int | float | str):
        return plain
    if not isinstance(plain, dict) or not plain:
        raise CodecError("expected a described value")
    try:
        match plain:
            case {"scalar": item, "dtype": str(dtype)}:  # long lists hold many of these
                return _number_type(dtype).type(_number(item))
            case {"float": str(text)} if text in ("nan", "inf", "-inf"):
                return float(text)
            case {"list": list(items)}:
                return [decode(item) for item in items]
            case {"tuple": list(items)}:
                return tuple(decode(item) for item in items)
            case {"dict": list(items)}:
                return {str(key): decode(item) for key, item in items}
            case {"array": list(items), "dtype": str(dtype), "shape": list(shape)}:
                return _decode_array(items, dtype, shape)
            case {"formula": [str(argument), str(text)]}:
                return Formula(argument, text)
            case {"seed": int(seed), "times": int(times)}:
                return Seed(seed, times)
            case {"opaque": str(what)}:
                return Opaque(what[:100])
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise CodecError(f"expected a described value: {error}") from None
    raise CodecError("expected a described value")


def _decode_array(items: list[Plain], dtype: str, shape: list[int]) -> np.ndarray:
    numbers = [_number(item) for item in items]
    return np.array(numbers, dtype=_number_type(dtype)).reshape(shape)


def _number(item: Plain) -> Any:
    number = decode(item) if type(item) is dict else item
    if type(number) not in (bool, int, float):
        raise CodecError("an array holds numbers only")
    return number


@lru_cache(maxsize=64)  # a forged message may name what it likes
def _number_type(name: str) -> np.dtype:
    wanted = np.dtype("float64" if name.startswith("float") else name)
    if wanted.kind not in "biuf":
        raise CodecError(f"arrays of {name} are not data")
    return wanted
