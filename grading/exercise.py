"""Exercises: the reference, the cases, the known mistakes and the hints of one function together.

``source/<unit>/exercises.py`` defines them; everything else is derived from these objects: the
check in the notebook, the mark, the tests of the grader, the teaching notes, the class report.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from grading.course import load_module
from grading.draws import every_draw
from helpers.calls import Inputs, observe, repeats, seeds
from helpers.codec import Plain, encode
from helpers.judge import goes_wrong, judge, known_phrase, prepared

Answer = Callable[..., Any]
Draw = Callable[[np.random.Generator], Iterator[tuple[Any, ...]]]


@dataclass(frozen=True)
class Mistake:
    """A wrong implementation that learners write, and the message that teaches."""

    id: str
    message: str
    answer: Answer


@dataclass(frozen=True)
class Group:
    """Hidden cases that are marked together, with their points and one safe public sentence."""

    name: str
    points: float
    says: str
    draw: Draw


@dataclass(eq=False)  # an exercise is itself alone, so that what is drawn for it can be kept
class Exercise:
    """
    One function that learners write.

    Calling the exercise calls its reference, so exercises can build on each other.
    The first group of hidden cases is what the function is for: nothing counts without it.
    ``unchanged`` is the points for leaving the arguments as they were and remembering nothing.
    ``role`` is "graded", "stretch" (marked, worth no points) or "lesson" (checked, never marked).
    ``warning`` is the message where a RuntimeWarning is a mistake; without it warnings are free.
    ``fixed_size`` tells that the task is about one size only, so that the lint asks for no other.
    ``random`` tells that the function draws from a generator: True where its result has to be one
    of those that some draws give, "statistics" where only the tolerance decides.
    ``written`` holds visible calls with their arguments as a message writes them.
    """

    name: str
    reference: Answer
    returns: Plain
    hints: tuple[str, str, str]
    praise: str
    unchanged: float = 0
    role: str = "graded"
    tolerance: dict[str, float] = field(default_factory=dict)
    warning: str = ""
    fixed_size: bool = False
    random: bool | str = False
    visible: list[tuple[Any, ...]] = field(default_factory=list)
    written: list[tuple[Inputs, str]] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def __call__(self, *args: Any) -> Any:
        """Return what the reference returns."""
        return self.reference(*args)

    @property
    def points(self) -> float:
        """The points that the exercise adds to the marks."""
        return self.shares if self.role == "graded" else 0

    @property
    def shares(self) -> float:
        """The sum of all parts, which is the points where the exercise is graded."""
        return sum(group.points for group in self.groups) + self.unchanged

    def show(self, *args: Any, written: str = "") -> None:
        """
        Add a visible case: these arguments, checked in the notebook and shown with numbers.

        ``written`` is how a message writes them, for example with names that the notebook defines.
        """
        self.visible.append(args)
        if written:
            self.written.append((self.inputs([args])[0], written))

    def hidden(self, name: str, points: float, says: str) -> Callable[[Draw], Draw]:
        """Add a group of hidden cases; the decorated generator yields arguments."""

        def add(draw: Draw) -> Draw:
            self.groups.append(Group(name, points, says, draw))
            return draw

        return add

    def mistake(self, id: str, message: str) -> Callable[[Answer], Answer]:
        """Add a known mistake; the decorated function is the wrong answer."""

        def add(answer: Answer) -> Answer:
            self.mistakes.append(Mistake(id, message, answer))
            return answer

        return add

    def describe(self) -> Plain:
        """Return what the judge has to know about the exercise, as plain data."""
        return {
            "name": self.name,
            "returns": self.returns,
            "tolerance": self.tolerance,
            **({"warning": self.warning} if self.warning else {}),
            "hints": list(self.hints),
            "praise": [self.praise],
            "mistakes": {mistake.id: mistake.message for mistake in self.mistakes},
        }

    def inputs(self, calls: list[tuple[Any, ...]]) -> list[Inputs]:
        """Describe the arguments of calls as plain data, with the parameters' names."""
        names = list(inspect.signature(self.reference).parameters)
        return [
            [[name, encode(value)] for name, value in zip(names, args, strict=False)]
            for args in calls
        ]

    def cases(self, inputs: list[Inputs]) -> list[Plain]:
        """Return the cases for these inputs with the expected results."""
        *right, _ = observe(self.reference, inputs)
        cases = [
            self._case(call, seen["returned"]) for call, seen in zip(inputs, right, strict=True)
        ]
        for call, text in self.written:
            for case in cases:
                if case["inputs"] == call:
                    case["written"] = text
        return cases

    def _case(self, call: Inputs, returned: Plain) -> Plain:
        case = {"inputs": call, "expected": returned}
        if not self._enumerates(call):
            return case
        found = _outcomes(every_draw(self.reference, call))
        if repeats(call) > 1 or len(found) > 1:
            return {"inputs": call, "outcomes": found}
        return case

    def _enumerates(self, call: Inputs) -> bool:
        """Tell whether everything that a call can give is found by trying every draw."""
        drawn = self.random is True and bool(seeds(call))
        return drawn and (self.returns != "batches" or repeats(call) > 1)

    def with_mistakes(self, cases: list[Plain]) -> tuple[Plain, list[Plain]]:
        """Return the description and the cases with what each known mistake would give."""
        exercise = {**self.describe(), "after": {}}
        plain = {**self.describe(), "mistakes": {}}
        ready = [prepared(plain, case) for case in cases]
        cases = [{**case, "mistakes": {}} for case in cases]
        for mistake in self.mistakes:
            seen = list(observe(mistake.answer, [case["inputs"] for case in cases]))
            problems = judge(plain, ready, seen, show=False, why=False).problems
            for case, judged, outcome, problem in zip(cases, ready, seen, problems, strict=False):
                drawn = (
                    every_draw(mistake.answer, case["inputs"])
                    if self._enumerates(case["inputs"])
                    else []
                )
                if drawn:
                    found = _outcomes(drawn)
                    if goes_wrong(plain, judged, found):
                        case["mistakes"][mistake.id] = {"outcomes": found}
                elif problem:
                    if problem != "warning":
                        outcome.pop("warned", None)
                    case["mistakes"][mistake.id] = _without_code(outcome)
            if seen[-1]:
                exercise["after"][mistake.id] = seen[-1]
        return exercise, cases


def _outcomes(drawn: list[tuple[Plain, float]]) -> list[Plain]:
    """Describe what can be drawn as plain data, each result with its probability."""
    return [{**_without_code(seen), "weight": round(weight, 12)} for seen, weight in drawn]


def _without_code(outcome: Plain) -> Plain:
    """Leave out an error's line of code: it is an answer's, and nobody needs it."""
    if "raised" not in outcome:
        return outcome
    raised = outcome["raised"]
    said = {"type": raised["type"], "message": known_phrase(raised["message"])}
    return {**outcome, "raised": said}


class RightAnswers(dict[str, list[Answer]]):
    """
    A unit's bank of right answers written differently, by exercise.

    Examples
    --------
    >>> right = RightAnswers()
    >>> @right("mse")
    ... def _(x, y, m, c): ...
    >>> list(right)
    ['mse']
    """

    def __call__(self, name: str) -> Callable[[Answer], Answer]:
        """Return a decorator that adds a function to the answers of an exercise."""

        def add(answer: Answer) -> Answer:
            self.setdefault(name, []).append(answer)
            return answer

        return add


def exercise(
    returns: Plain,
    hints: tuple[str, str, str],
    praise: str,
    unchanged: float = 0,
    role: str = "graded",
    tolerance: dict[str, float] | None = None,
    warning: str = "",
    fixed_size: bool = False,
    random: bool | str = False,
) -> Callable[[Answer], Exercise]:
    """
    Make an exercise of its reference implementation.

    Parameters
    ----------
    returns
        Kind of the result, see :mod:`helpers.judge`.
    hints : tuple of three str
        Where to look, which relation, the first line in words.
    praise : str
        What a right answer shows, and one step further.
    unchanged : float
        Points for leaving the arguments unchanged.
    role : str
        "graded", "stretch" or "lesson".
    tolerance : dict, optional
        ``relative`` and ``absolute`` where the usual tolerance does not fit; ``floor`` in the
        place of the absolute floor that grows with the largest number involved.
    warning : str
        The message for a RuntimeWarning, where one is a mistake.
    fixed_size : bool
        Whether the task is about one size only, for example 2-2-2.
    random : bool or str
        Whether the function draws from a generator, see :class:`Exercise`.

    Returns
    -------
    callable
        A decorator that turns the reference into an :class:`Exercise`.
    """

    def make(reference: Answer) -> Exercise:
        return Exercise(
            name=reference.__name__,
            reference=reference,
            returns=returns,
            hints=hints,
            praise=praise,
            unchanged=unchanged,
            role=role,
            tolerance=tolerance or {},
            warning=warning,
            fixed_size=fixed_size,
            random=random,
        )

    return make


def values(**kinds: Plain) -> Plain:
    """Return the kind "that many values, in this order"."""
    return {"values": kinds}


def record(more: bool = False, **kinds: Plain) -> Plain:
    """Return the kind "a dict with exactly these keys"; with ``more`` others may be there too."""
    return {"record": kinds, "more": True} if more else {"record": kinds}


def load_exercises(path: Path) -> dict[str, Exercise]:
    """
    Return the exercises that a unit's ``exercises.py`` defines, by name, in their order.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    dict
        Exercises by name; empty if there is no such file.
    """
    return dict(_load(path, path.stat().st_mtime_ns)) if path.exists() else {}


@lru_cache
def _load(path: Path, _changed: int) -> dict[str, Exercise]:
    found = [value for value in vars(load_module(path)).values() if isinstance(value, Exercise)]
    return {exercise.name: exercise for exercise in found}
