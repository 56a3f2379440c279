"""What a learner's functions return and raise, made fit for pictures."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

HELPERS = Path(__file__).parent


class Unusable(Exception):
    """A learner's function returned what a picture cannot use; the message says what."""


def learner_line(error: BaseException) -> str:
    """Return the line of the learner's code that raised, if it was theirs.

    Parameters
    ----------
    error : BaseException
        A caught exception.

    Returns
    -------
    str
        ``" (line 3: return m / 0)"``, or an empty string.
    """
    for place in reversed(traceback.extract_tb(error.__traceback__)):
        if Path(place.filename).parent == HELPERS:
            break
        if "site-packages" not in place.filename and place.line:
            return f" (line {place.lineno}: {place.line.strip()})"
    return ""


def excuse(error: BaseException, lead: str = "No picture yet") -> str:
    """Say in a sentence why there is no picture.

    Parameters
    ----------
    error : BaseException
        What a function of the learner raised, or `Unusable`.
    lead : str
        What follows from it.

    Returns
    -------
    str
        The sentence, with the learner's line where it is known.

    Examples
    --------
    >>> excuse(Unusable("loss should return one number, not None"))
    'No picture yet: loss should return one number, not None.'
    """
    if isinstance(error, Unusable):
        return f"{lead}: {error}."
    if isinstance(error, NotImplementedError):
        return f"{lead}: {_raised_in(error)} is not written."
    kind = type(error).__name__
    return f"{lead}: your function raised {kind}: {error}{learner_line(error)}."


def _raised_in(error: BaseException) -> str:
    """Name the function whose body raised."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    name = trace.tb_frame.f_code.co_name if trace is not None else ""
    return name if name.isidentifier() else "your function"


def one_number(value: object, name: str) -> float:
    """Take what a learner's function returned as one number.

    Parameters
    ----------
    value : object
        What it returned.
    name : str
        Name of the function, for the message.

    Returns
    -------
    float
        The number, possibly infinite or nan.

    Raises
    ------
    Unusable
        If it is not one real number.

    Examples
    --------
    >>> one_number(np.array([2]), "loss")
    2.0
    """
    try:
        return float(np.asarray(value).item())
    except (TypeError, ValueError):
        raise Unusable(f"{name} should return one number, not {value!r:.60}") from None


def two_numbers(value: Any, name: str) -> tuple[np.float64, np.float64]:
    """Take what a learner's function returned as the new m and c.

    Parameters
    ----------
    value : object
        What it returned.
    name : str
        Name of the function, for the message.

    Returns
    -------
    tuple of float64
        The two numbers; float64, so that a diverging run overflows to infinity.

    Raises
    ------
    Unusable
        If it is not two real numbers.
    """
    try:
        m, c = (np.float64(float(np.asarray(part).item())) for part in value)
    except (TypeError, ValueError):
        raise Unusable(f"{name} should return the new m and c, not {value!r:.60}") from None
    return m, c


def name_of(function: Callable[..., Any]) -> str:
    """Return the name that the learner gave a function.

    Parameters
    ----------
    function : callable
        Any callable.

    Returns
    -------
    str
        Its name.
    """
    name = getattr(function, "__name__", "the function")
    return "the function" if name == "<lambda>" else name


def heights(f: Callable[..., Any], *coordinates: np.ndarray) -> np.ndarray:
    """Call a function of numbers at many places, one plain call each.

    Parameters
    ----------
    f : callable
        Takes one number a coordinate, returns a number.
    *coordinates : ndarray
        Arrays of one shape.

    Returns
    -------
    ndarray
        Values in that shape; infinity where Python's own floats overflow.
    """

    def height(*place: float) -> float:
        try:
            return one_number(f(*place), name_of(f))
        except OverflowError:
            return np.inf

    with np.errstate(all="ignore"):
        places = zip(*(c.ravel() for c in coordinates), strict=True)
        values = [height(*place) for place in places]
    return np.array(values).reshape(coordinates[0].shape)


def column(values: ArrayLike) -> np.ndarray:
    """Return data as a flat array of floats.

    Parameters
    ----------
    values : array_like
        Numbers.

    Returns
    -------
    ndarray, shape (n,)
        A copy.
    """
    return np.array(values, dtype=float).ravel()
