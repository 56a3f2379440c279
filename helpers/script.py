"""A calculation as a table of steps: each in symbols, in numbers and in words."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from functools import cache
from types import CodeType
from typing import Any

import numpy as np

from helpers.learner import Unusable, excuse, name_of, one_number
from helpers.style import number

Values = Mapping[str, float]
Keys = tuple[int | str, ...]  # the way into what a function returned

NAME = re.compile(r"[^\W\d]\w*")
SAME = {"rel_tol": 1e-6, "abs_tol": 1e-12}  # below that, a difference is rounding


def exact(value: float) -> str:
    """Write a number with six significant digits, as Python prints it.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        The digits, or a word for what is not a number.

    Examples
    --------
    >>> exact(-852.25), exact(-0.00040289591), exact(2 / 3 * 1e7), exact(-0.0)
    ('-852.25', '-0.000402896', '6.66667e+06', '0')
    """
    return f"{value + 0.0:.6g}" if math.isfinite(value) else number(value)


def signed(value: float) -> str:
    """Write a number like `exact`, with its sign.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        The digits after a plus or a minus.

    Examples
    --------
    >>> signed(0.18), signed(-0.5)
    ('+0.18', '-0.5')
    """
    return f"{value + 0.0:+.6g}" if math.isfinite(value) else number(value)


def symbol(name: str) -> str:
    """Write the name of a value as people do.

    Parameters
    ----------
    name : str
        As in formulas.

    Returns
    -------
    str
        The same, with a slash in derivatives.

    Examples
    --------
    >>> symbol("dE_dw5"), symbol("dE1_dh1"), symbol("net_h1")
    ('dE/dw5', 'dE1/dh1', 'net_h1')
    >>> symbol("z1_0"), symbol("new_W1_3_2")
    ('z1[0]', 'new W1[3, 2]')
    """
    name = re.sub(r"_(\d+)_(\d+)$", r"[\1, \2]", name)
    name = re.sub(r"_(\d+)$", r"[\1]", name).replace("new_", "new ")
    return re.sub(r"^d(\w+?)_d(\w+)$", r"d\1/d\2", name)


def at(result: Any, keys: Keys) -> float:
    """Take one number out of what a function returned.

    Parameters
    ----------
    result : object
        Nested sequences, arrays or dicts.
    keys : tuple of int or str
        The way in.

    Returns
    -------
    float
        The number.

    Examples
    --------
    >>> at({"b1": [3, 4]}, ("b1", 1))
    4.0
    """
    for key in keys:
        result = result[key]
    return one_number(result, "")


def sigmoid(net: float) -> float:
    """Return the sigmoid of one number.

    Parameters
    ----------
    net : float
        Any number.

    Returns
    -------
    float
        Between 0 and 1.
    """
    return 1.0 / (1.0 + np.exp(-np.float64(net)))


FUNCTIONS = {"sigmoid": sigmoid, "exp": np.exp, "ln": np.log, "max": max}


@cache
def read(formula: str) -> tuple[CodeType, frozenset[str]]:
    """Read a formula once, because a picture computes it again and again.

    Parameters
    ----------
    formula : str
        In Python.

    Returns
    -------
    tuple of code and frozenset of str
        The code, and the names of the values in it.
    """
    return compile(formula, formula, "eval"), frozenset(NAME.findall(formula)) - set(FUNCTIONS)


@dataclass(frozen=True)
class Step:
    """One line of a calculation: a name, a formula in Python of earlier names, and words."""

    name: str
    formula: str
    words: str
    backward: bool = False

    @property
    def uses(self) -> frozenset[str]:
        """Return the names in the formula."""
        return read(self.formula)[1]

    def compute(self, values: Values) -> float:
        """Return what the formula gives.

        Parameters
        ----------
        values : mapping of str to float
            At least the values that it uses.

        Returns
        -------
        float
            Possibly infinite or nan.
        """
        with np.errstate(all="ignore"):
            numbers = {name: np.float64(values[name]) for name in self.uses}
            return float(eval(read(self.formula)[0], dict(FUNCTIONS), numbers))

    def written(self, write: Callable[[str], str]) -> str:
        """Write the formula as people do.

        Parameters
        ----------
        write : callable
            Turns each name into its symbol or its number.

        Returns
        -------
        str
            With the signs of mathematics.

        Examples
        --------
        >>> Step("E1", "0.5*(t1 - o1)**2", "").written({"t1": "1", "o1": "(-2)"}.get)
        '½(1 - (-2))²'
        >>> Step("h1", "sigmoid(net_h1)", "").written({"net_h1": "(-2)"}.get)
        'σ(-2)'
        """
        text = self.formula
        for python, sign in {"0.5*": "½", "**2": "²", "*": "·", "sigmoid": "σ"}.items():
            text = text.replace(python, sign)
        text = NAME.sub(lambda m: write(m[0]) if m[0] in self.uses else m[0], text)
        return re.sub(r"\(\(([^()]*)\)\)", r"(\1)", text)  # one pair of parentheses is enough


@dataclass(frozen=True)
class Result:
    """A step with its numbers; `value` is the learner's where one of their functions gave it."""

    step: Step
    numbers: str
    computed: float
    value: float
    function: str = ""

    @property
    def differs(self) -> bool:
        """Say whether the learner's number is not what the formula gives."""
        if math.isnan(self.value) and math.isnan(self.computed):
            return False
        return not math.isclose(self.value, self.computed, **SAME)

    @property
    def equation(self) -> list[str]:
        """Return the left side, the symbols, the numbers, and the result unless it is in doubt."""
        lines = [self.step.written(symbol), self.numbers]
        if not self.differs:
            lines.append(exact(self.value))
        left, *right = symbol(self.step.name), *(f"= {line}" for line in dict.fromkeys(lines))
        return [left, *right[:-1], f"{right[-1]}."]

    @property
    def remark(self) -> str:
        """Tell what the learner's function has to do with it."""
        if not self.function:
            return ""
        if not self.differs:
            return f"Your {self.function} returned this number."
        pair = [exact(self.computed), exact(self.value)]
        if pair[0] == pair[1]:
            pair = [f"{self.computed:.12g}", f"{self.value:.12g}"]
        return (
            f"The numbers in this formula give {pair[0]}; your {self.function} returned {pair[1]}."
        )


@dataclass(frozen=True)
class Learner:
    """A function of the learner, and where its result holds the values of which steps."""

    function: Callable[..., Any] | None
    places: Mapping[str, Keys]
    returns: str

    @property
    def name(self) -> str:
        """Return the name of the function."""
        return name_of(self.function).removeprefix("the ") if self.function else ""

    def ask(self, phase: str, *arguments: Any) -> Answer:
        """Call the function.

        Parameters
        ----------
        phase : str
            Which steps it gives, for the note.
        *arguments : object
            Its arguments; it gets copies.

        Returns
        -------
        Answer
            The values, or none and a sentence that says why.
        """
        if self.function is None:
            return Answer()
        try:
            with np.errstate(all="ignore"):
                return Answer(self._read(self.function(*deepcopy(arguments))), self.name)
        except Exception as error:
            return Answer(note=excuse(error, f"The {phase} steps show the picture's own numbers"))

    def _read(self, result: Any) -> dict[str, float]:
        try:
            return {step: at(result, keys) for step, keys in self.places.items()}
        except (TypeError, ValueError, LookupError, Unusable):
            said = f"{self.name} should return {self.returns}, not {result!r:.60}"
            raise Unusable(" ".join(said.split())) from None


@dataclass(frozen=True)
class Answer:
    """Values of steps that a learner's function returned, or a note why there are none."""

    values: Values = field(default_factory=dict)
    function: str = ""
    note: str = ""


@dataclass(frozen=True)
class Solution:
    """All steps of a calculation with their numbers, and the sentences that tell them."""

    givens: Values
    results: Sequence[Result]
    notes: Sequence[str] = ()

    @property
    def values(self) -> dict[str, float]:
        """Return all numbers by name."""
        return {**self.givens, **{r.step.name: r.value for r in self.results}}

    @property
    def length(self) -> int:
        """Return the number of steps."""
        return len(self.results)

    @property
    def turn(self) -> int:
        """Return the number of forward steps."""
        return sum(not result.step.backward for result in self.results)

    def head(self, position: int) -> str:
        """Say which step this is.

        Parameters
        ----------
        position : int
            0 before the first step.

        Returns
        -------
        str
            Position, direction and what is done.
        """
        if not position:
            return f"Start, before step 1 of {len(self.results)}."
        step = self.results[position - 1].step
        phase = "backward" if step.backward else "forward"
        return f"Step {position} of {len(self.results)}, {phase}. {step.words}:"

    def sentence(self, position: int) -> str:
        """Tell a step.

        Parameters
        ----------
        position : int
            0 before the first step.

        Returns
        -------
        str
            Position, formula in symbols, in numbers, and the result.
        """
        if not position:
            given = ", ".join(f"{name} = {exact(value)}" for name, value in self.givens.items())
            return " ".join([self.head(0), f"Given: {given}.", *self.notes])
        result = self.results[position - 1]
        told = f"{self.head(position)} {' '.join(result.equation)}"
        return f"{told} {result.remark}".rstrip()

    def transcript(self) -> str:
        """Tell all steps.

        Returns
        -------
        str
            One line a step.
        """
        return "\n".join(self.sentence(k) for k in range(self.length + 1))

    def table(self) -> str:
        """Write all steps as a table.

        Returns
        -------
        str
            HTML.
        """
        heads = ["Step", "Formula", "With numbers", "Value", "Remark"]
        rows = [
            [
                f"{k}. {r.step.words}",
                f"{symbol(r.step.name)} = {r.step.written(symbol)}",
                r.numbers,
                exact(r.value),
                r.remark,
            ]
            for k, r in enumerate(self.results, 1)
        ]
        columns = 5 if any(row[-1] for row in rows) else 4
        head = "".join(f'<th scope="col">{name}</th>' for name in heads[:columns])
        cells = ["".join(f"<td>{html.escape(c)}</td>" for c in row[:columns]) for row in rows]
        return (
            f"<table><caption>{html.escape(self.sentence(0))}</caption>"
            f"<thead><tr>{head}</tr></thead>"
            f"<tbody>{''.join(f'<tr>{row}</tr>' for row in cells)}</tbody></table>"
        )


def solve(steps: Sequence[Step], givens: Values, *answers: Answer) -> Solution:
    """Go through the steps; the numbers of a learner's function come before our own.

    Parameters
    ----------
    steps : sequence of Step
        In order.
    givens : mapping of str to float
        What is known at the start.
    *answers : Answer
        What the learner's functions returned.

    Returns
    -------
    Solution
        All steps with their numbers.
    """
    theirs = {name: (v, a.function) for a in answers for name, v in a.values.items()}
    values = dict(givens)
    results = []
    for step in steps:
        computed = step.compute(values)
        value, function = theirs.get(step.name, (computed, ""))
        results.append(Result(step, step.written(_in(values)), computed, value, function))
        values[step.name] = value
    notes = [answer.note for answer in answers if answer.note]
    for function in dict.fromkeys(r.function for r in results if r.differs):
        steps_of = [symbol(r.step.name) for r in results if r.differs and r.function == function]
        notes.append(f"Your {function} differs from the formulas in {', '.join(steps_of)}.")
    return Solution(givens, results, notes)


def _in(values: Values) -> Callable[[str], str]:
    """Return a writer of numbers that puts negative ones in parentheses."""

    def write(name: str) -> str:
        text = exact(values[name])
        return f"({text})" if text.startswith(("-", "minus")) else text

    return write
