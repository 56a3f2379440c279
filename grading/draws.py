"""Run a function with every sequence of draws that its generator can give."""

import math
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice, permutations
from typing import Any

import numpy as np

from helpers.calls import Inputs, call_once
from helpers.codec import Plain, Seed

MOST = 5000  # runs of one function on one input


class TooManyDraws(Exception):
    """An input for which the draws cannot all be tried."""


class Script:
    """
    Stands in for a generator and takes the draws that it is told; where nothing is told, the first.

    Parameters
    ----------
    path : list of int
        The number of the choice at each draw.
    """

    def __init__(self, path: list[int]) -> None:
        self.path = path
        self.options: list[int] = []

    def _choose(self, options: int) -> int:
        step = len(self.options)
        self.options.append(options)
        if math.prod(self.options) > MOST:
            raise TooManyDraws
        return self.path[step] if step < len(self.path) else 0

    def _several(self, items: np.ndarray, size: Any) -> Any:
        if size is None:
            return items[self._choose(len(items))]
        shape = (size,) if np.ndim(size) == 0 else tuple(size)
        drawn = [items[self._choose(len(items))] for _ in range(math.prod(shape))]
        return np.array(drawn, dtype=items.dtype).reshape(shape)

    def permutation(self, x: Any) -> np.ndarray:
        """Return the numbers below x, or the rows of x, in one of all orders."""
        items = np.arange(x) if np.ndim(x) == 0 else np.asarray(x)
        return items[list(self._order(len(items), len(items)))]

    def shuffle(self, x: Any) -> None:
        """Bring the rows of x into one of all orders."""
        order = self._order(len(x), len(x))
        x[:] = [x[k] for k in order] if isinstance(x, list) else x[list(order)]

    def integers(self, low: int, high: int | None = None, size: Any = None) -> Any:
        """Return integers from low to below high."""
        low, high = (0, low) if high is None else (low, high)
        return self._several(np.arange(low, high), size)

    def choice(self, a: Any, size: Any = None, replace: bool = True) -> Any:
        """Return members of a, or numbers below a."""
        items = np.arange(a) if np.ndim(a) == 0 else np.asarray(a)
        if replace or size is None:
            return self._several(items, size)
        return items[list(self._order(len(items), int(size)))]

    def _order(self, n: int, first: int) -> tuple[int, ...]:
        if n > 8:
            raise TooManyDraws
        number = self._choose(math.perm(n, first))
        return next(islice(permutations(range(n), first), number, None))


def every_draw(function: Callable[..., Any], call: Inputs) -> list[tuple[Plain, float]]:
    """
    Return everything that a function can give for one input.

    Parameters
    ----------
    function : callable
        Draws only by ``permutation``, ``shuffle``, ``integers`` and ``choice``.
    call : list
        ``[name, described value]`` pairs, as for :func:`helpers.calls.observe`.

    Returns
    -------
    list of (dict, float)
        What was observed, with its probability; equal results are joined. Empty if the function
        drew nothing.

    Raises
    ------
    TooManyDraws
        If there are more than ``MOST`` sequences of draws.
    """
    found: list[tuple[Plain, float]] = []
    for observed, weight in _runs(function, call):
        for place, (other, weight_so_far) in enumerate(found):
            if _equal(observed, other):
                found[place] = (other, weight_so_far + weight)
                break
        else:
            found.append((observed, weight))
    return found


def _runs(function: Callable[..., Any], call: Inputs) -> Iterator[tuple[Plain, float]]:
    path: list[int] = []
    while True:
        script = Script(path)
        observed = call_once(function, call, partial(_given, script))
        if observed.get("raised", {}).get("type") == TooManyDraws.__name__:
            raise TooManyDraws
        if not script.options:
            return
        yield observed, 1 / math.prod(script.options)
        path = path[: len(script.options)] + [0] * (len(script.options) - len(path))
        while path and path[-1] + 1 == script.options[len(path) - 1]:
            path.pop()
        if not path:
            return
        path[-1] += 1


def _given(script: Script, _seed: Seed) -> Script:
    return script


def _equal(a: Plain, b: Plain) -> bool:
    """Compare plain data; sums in another order may differ in the last digits."""
    if isinstance(a, float) and isinstance(b, float):
        return math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(_equal, a, b))
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(_equal(a[key], b[key]) for key in a)
    return bool(a == b)
