"""Compare what a function drew with everything that it may draw.

How a learner draws from a generator is free, so a result is right if some sequence of draws gives
it. All those results travel as data, each with its probability; :mod:`grading.draws` finds them.
"""

from dataclasses import dataclass

import numpy as np

DOUBT = 20.0  # a fair draw is called uneven with a probability below exp(−DOUBT)

Parts = list[tuple[str, np.ndarray]]


@dataclass(frozen=True)
class Vector:
    """The numbers of a result in one row, and the form that they had."""

    form: tuple[tuple[str, tuple[int, ...]], ...]
    numbers: np.ndarray

    @classmethod
    def of(cls, parts: Parts) -> "Vector":
        """
        Return the vector of a result's parts.

        Parameters
        ----------
        parts : list of (str, ndarray)
            Names and numbers, in order.
        """
        rows = [np.ravel(part) for _, part in parts]
        form = tuple((name, part.shape) for name, part in parts)
        return cls(form, np.concatenate(rows) if rows else np.zeros(0))


class Table:
    """
    Results to look others up in.

    Parameters
    ----------
    vectors : list of Vector
        The results.
    weights : list of float
        The probability of each.
    """

    def __init__(self, vectors: list[Vector], weights: list[float]) -> None:
        self.weights = np.array(weights)
        self._rows: dict[object, list[int]] = {}
        for place, vector in enumerate(vectors):
            self._rows.setdefault(vector.form, []).append(place)
        self._numbers = {
            form: np.array([vectors[place].numbers for place in places])
            for form, places in self._rows.items()
        }

    def place(self, vector: Vector, relative: float, floor: float) -> int | None:
        """
        Return which of the results this is, None if it is none of them.

        Parameters
        ----------
        vector : Vector
            The result to look up.
        relative, floor : float
            The tolerance: relative to the entry, and absolute.
        """
        if vector.form not in self._rows:
            return None
        near = self._near(vector, relative, floor)
        found = np.flatnonzero((near & np.isfinite(vector.numbers)).all(axis=1))
        return self._rows[vector.form][found[0]] if len(found) else None

    def agreeing(self, vector: Vector, relative: float, floor: float) -> list[bool]:
        """
        Tell which parts agree with the one of the results that agrees in most.

        Parameters
        ----------
        vector : Vector
            A finite result of the form that the others have.
        relative, floor : float
            As for :meth:`place`.
        """
        sizes = [int(np.prod(shape)) for _, shape in vector.form]
        near = np.split(self._near(vector, relative, floor), np.cumsum(sizes)[:-1], axis=1)
        parts = np.array([part.all(axis=1) for part in near])
        agree: list[bool] = parts[:, parts.sum(axis=0).argmax()].tolist()
        return agree

    def _near(self, vector: Vector, relative: float, floor: float) -> np.ndarray:
        numbers = self._numbers[vector.form]
        with np.errstate(invalid="ignore", over="ignore"):
            near: np.ndarray = (
                np.abs(vector.numbers - numbers) <= relative * np.abs(numbers) + floor
            )
        return near

    def uneven(self, places: list[int]) -> bool:
        """
        Tell whether results came up too often or too rarely to be drawn fairly.

        The bound on χ² is that of Laurent and Massart (2000), lemma 1.

        Parameters
        ----------
        places : list of int
            Which result came up in each call.

        Examples
        --------
        >>> table = Table([Vector.of([("", np.array(float(k)))]) for k in range(3)], [1 / 3] * 3)
        >>> table.uneven([0, 1, 2] * 100), table.uneven([0, 1] * 150)
        (False, True)
        """
        expected = len(places) * self.weights
        seen = np.bincount(places, minlength=len(expected))
        statistic = float(((seen - expected) ** 2 / expected).sum())
        free = len(expected) - 1
        return bool(statistic > free + 2 * np.sqrt(free * DOUBT) + 2 * DOUBT)
