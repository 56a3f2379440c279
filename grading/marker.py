"""Mark a submitted notebook: run it elsewhere, compare here. No student code runs in this module."""

import builtins
import hashlib
import inspect
import json
import re
import time
from collections.abc import Collection, Iterator
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from nbformat import NotebookNode

from grading.cells import called_names, defined_functions, fingerprint, steps
from grading.course import CourseError
from grading.engine import Engine
from grading.exercise import Exercise, Group
from grading.rebuild import grade_id
from helpers.codec import Plain
from helpers.judge import NOT_ATTEMPTED, NOT_YET, RIGHT, Verdict, judge, known_phrase, prepared

# the processor time that all hidden cases of a function may take: at least some seconds, many times
# the reference's own time on this machine, and an end
LEAST_SECONDS, TIMES_REFERENCE, MOST_SECONDS = 2.0, 50.0, 30.0
TOGETHER = 1 / 8  # the share of that time that a function has where all are called in one process


@dataclass
class Part:
    """One group of hidden cases and whether it was right."""

    name: str
    points: float
    right: bool
    says: str


@dataclass
class Mark:
    """The mark of one question, with what the student may read about it."""

    score: float
    points: float
    state: str
    diagnosis: str
    parts: list[Part]
    lines: list[str]
    warned: bool = False


@dataclass
class Record:
    """All that is known about one marked notebook."""

    submission: str
    questions: dict[str, Mark] = field(default_factory=dict)
    found: dict[str, Mark] = field(default_factory=dict)  # what was, where another explains it
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    log: list[str] = field(default_factory=list)

    def note(self, started: float, what: str) -> None:
        """Add a line to the log, with the seconds since the beginning."""
        self.log.append(f"{time.monotonic() - started:7.3f} s  {what}")

    def summary(self) -> Plain:
        """Return the record without the notebook's outputs, as plain data."""
        summary = asdict(self)
        del summary["outputs"]
        return summary


def mark_notebook(
    notebook: NotebookNode,
    exercises: dict[str, Exercise],
    files: dict[str, bytes],
    engine: Engine,
    before: dict[str, Mark] | None = None,
) -> Record:
    """
    Mark a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook on its released structure.
    exercises : dict
        The exercises by name.
    files : dict of bytes
        What stands beside the notebook, by relative path: the student's files, and the
        ``checks.json`` that the student received.
    engine : Engine
        Where the cells run.
    before : dict of Mark, optional
        Marks that still hold; these questions are not asked again.

    Returns
    -------
    Record
        Marks, messages and the outputs of the other cells. The same submission gets the same
        marks again.

    Raises
    ------
    CourseError
        If a cell is marked by an exercise that does not exist.
    grading.engine.EngineError
        If the notebook could not be run at all.
    """
    started = time.monotonic()
    known = before or {}
    cells = [
        {"index": k, "source": cell.source, "question": question_of(cell, exercises)}
        for k, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    written = "\n".join(cell["source"] for cell in cells if not cell["question"])
    record = Record(fingerprint(notebook))
    with engine.conversation():
        run = steps([cell for cell in cells if cell["question"] not in known])
        record.outputs, record.lost = engine.run(run, files)
        record.note(started, f"{len(record.outputs)} cells ran")
        together = [step["questions"] for step in run if "questions" in step]
        at_once = dict(
            pair for names in together for pair in _at_once(names, exercises, engine, written)
        )
        for name in [cell["question"] for cell in cells if cell["question"]]:
            mark = known.get(name) or at_once.get(name) or _ask(exercises[name], engine, written)
            record.questions[name] = mark
            as_before = " (as before)" if name in known else ""
            record.note(started, f"{name}: {mark.state} {mark.diagnosis}".rstrip() + as_before)
    follow_ups = _follow_ups(record.questions, exercises, cells)
    record.found = {name: record.questions[name] for name in follow_ups}
    record.questions |= follow_ups
    record.seconds = round(time.monotonic() - started, 3)
    return record


def _at_once(
    names: list[str], exercises: dict[str, Exercise], engine: Engine, written: str
) -> Iterator[tuple[str, Mark]]:
    """Call functions in one process; yield the marks of those that are right or not written."""
    if len(names) == 1:
        return
    hidden = [hidden_calls(exercises[name]) for name in names]
    answers = _observe(hidden, TOGETHER, engine, written)
    for name, calls, seen in zip(names, hidden, answers, strict=True):
        mark = _mark(calls, judge(*calls.plain, seen, show=False, why=False), seen)
        if mark.state != NOT_YET:
            yield name, mark


def _ask(exercise: Exercise, engine: Engine, written: str) -> Mark:
    """Call the function in a process of its own with all hidden cases and mark what was observed."""
    calls = hidden_calls(exercise)
    (seen,) = _observe([calls], 1.0, engine, written)
    return mark_question(calls, seen)


def _observe(
    hidden: list["HiddenCalls"], share: float, engine: Engine, written: str
) -> list[list[Plain]]:
    """Call functions in one process, each with a share of its time; return what the judge knows."""
    answers = engine.ask([calls.asked(share) for calls in hidden])
    return [
        [_clean(each, calls.exercise, written) for each in seen]
        for calls, seen in zip(hidden, answers, strict=True)
    ]


def question_of(cell: NotebookNode, exercises: dict[str, Exercise]) -> str | None:
    """
    Return the name of the exercise that marks a cell.

    Parameters
    ----------
    cell : NotebookNode
        A cell of the released structure.
    exercises : dict
        The exercises by name.

    Returns
    -------
    str or None
        None where no exercise marks the cell: its own code decides, or a person.

    Raises
    ------
    CourseError
        If the cell is a ``check`` that no exercise stands behind. It must never decide a mark,
        because the student could replace ``check``.
    """
    info = cell.metadata.get("nbgrader", {})
    if cell.cell_type != "code" or not info.get("grade") or info.get("solution"):
        return None
    name = grade_id(cell)
    if name in exercises:
        return name
    if re.fullmatch(r"\s*check\(.*\)\s*", cell.source):
        raise CourseError(
            f"The cell {name} says {cell.source.strip()}, but the unit's exercises.py has no "
            f"exercise {name}. Add it in source/, or give the cell the name of its exercise."
        )
    return None


def _follow_ups(
    marks: dict[str, Mark], exercises: dict[str, Exercise], cells: list[Plain]
) -> dict[str, Mark]:
    """Return the marks that say that a question fails because it calls one that is not right."""
    found: dict[str, Mark] = {}
    wrong = {name: mark for name, mark in marks.items() if mark.state == NOT_YET}
    called = _called(wrong, cells) if wrong else {}
    for name, mark in wrong.items():
        known = [mistake.id for mistake in exercises[name].mistakes]
        for other in [o for o in marks if o != name and o in called[name]]:
            values_right = marks[other].parts[0].right
            if marks[other].state != RIGHT and not (values_right and mark.diagnosis in known):
                advice = f"Mend {other} first, then look here again."
                lines = [f"It calls {other}, which is not right yet. {advice}"]
                found[name] = replace(mark, diagnosis=f"follows-{other}", lines=lines)
                break
    return found


def _called(names: Collection[str], cells: list[Plain]) -> dict[str, set[str]]:
    """Return for each name what its function calls, by the last definition before the check."""
    called: dict[str, set[str]] = {}
    defined: dict[str, Any] = {}
    for cell in cells:
        name = cell["question"]
        if name in names:
            called[name] = called_names(defined[name]) if name in defined else set()
        elif not name:
            defined |= defined_functions(cell["source"])
    return called


@lru_cache(maxsize=64)  # what the known mistakes would give takes seconds for some exercises
def hidden_calls(exercise: Exercise) -> "HiddenCalls":
    """Return the hidden cases of an exercise, made once for all submissions."""
    return HiddenCalls(exercise)


class HiddenCalls:
    """The hidden cases of an exercise, group after group."""

    def __init__(self, exercise: Exercise) -> None:
        self.exercise = exercise
        self.groups: list[tuple[Group, range]] = []
        calls: list[tuple[Any, ...]] = []
        for number, group in enumerate(exercise.groups):
            seed = f"set 0/{exercise.name}/{number}".encode()
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed).digest()[:8]))
            drawn = list(group.draw(rng))
            self.groups.append((group, range(len(calls), len(calls) + len(drawn))))
            calls += drawn
        self.inputs = exercise.inputs(calls)

    @cached_property
    def cases(self) -> list[Plain]:
        """The inputs with the expected results."""
        started = time.process_time()
        cases = self.exercise.cases(self.inputs)
        self._reference = time.process_time() - started
        return cases

    @cached_property
    def fingerprint(self) -> str:
        """A hash of all that decides the mark and its words."""
        exercise = self.exercise
        groups = [(group.name, group.points, group.says) for group, _ in self.groups]
        wrong = [inspect.getsource(mistake.answer) for mistake in exercise.mistakes]
        kind = [exercise.role, exercise.unchanged, exercise.random]
        told = [exercise.describe(), kind, groups, wrong, self.cases]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()

    @property
    def seconds(self) -> float:
        """The processor time that an answer may take for all cases."""
        self.cases  # noqa: B018  # making them measures the reference
        return min(LEAST_SECONDS + TIMES_REFERENCE * self._reference, MOST_SECONDS)

    def asked(self, share: float) -> Plain:
        """Return what the engine is asked, with a share of the time."""
        seconds = share * self.seconds
        return {"question": self.exercise.name, "calls": self.inputs, "seconds": seconds}

    @cached_property
    def plain(self) -> tuple[Plain, list[Plain]]:
        """The exercise without its mistakes and the cases, ready to judge by."""
        described = {**self.exercise.describe(), "mistakes": {}}
        return described, [prepared(described, case) for case in self.cases]

    @cached_property
    def known(self) -> tuple[Plain, list[Plain]]:
        """The exercise and the cases with what each known mistake would give, ready as well."""
        described, cases = self.exercise.with_mistakes(self.cases)
        return described, [prepared(described, case) for case in cases]


def mark_question(calls: HiddenCalls, observations: list[Plain]) -> Mark:
    """
    Mark what was observed of one function.

    Parameters
    ----------
    calls : HiddenCalls
        The exercise and the inputs that were sent.
    observations : list of dict
        What :func:`helpers.calls.observe` saw, one for each call and one last.

    Returns
    -------
    Mark
        Score, parts and message; no hidden value stands in it.
    """
    verdict = judge(*calls.plain, observations, show=False, why=False)
    if verdict.state == NOT_YET:  # only now is it worth running the known mistakes
        verdict = judge(*calls.known, observations, show=False)
    return _mark(calls, verdict, observations)


def _mark(calls: HiddenCalls, verdict: Verdict, observations: list[Plain]) -> Mark:
    exercise = calls.exercise
    parts = list(_parts(calls, verdict, observations[-1]))
    counts = bool(parts and parts[0].right)
    earned = sum(part.points for part in parts if part.right) if counts else 0.0
    state = NOT_YET if verdict.state == RIGHT and earned < exercise.shares else verdict.state
    return Mark(
        score=float(earned if exercise.role == "graded" else 0),
        points=float(exercise.points),
        state=state,
        diagnosis=verdict.diagnosis,
        parts=parts,
        lines=list(verdict.lines),
        warned=bool(verdict.warnings) and "warning" not in verdict.problems,
    )


def _parts(calls: HiddenCalls, verdict: Verdict, after: Plain) -> Iterator[Part]:
    exercise = calls.exercise
    side_effects = ("changed", "shares")
    attempted = verdict.state != NOT_ATTEMPTED
    clean = attempted and not after and not any(p in side_effects for p in verdict.problems)
    wrong = [p not in ("", *side_effects) for p in verdict.problems]
    for group, indices in calls.groups:
        right = attempted and not any(wrong[k] for k in indices)
        yield Part(group.name, group.points, right, group.says)
    says = "Arguments stay as they were, and a result depends on them alone."
    yield Part("arguments unchanged", exercise.unchanged, clean, says)


_ERRORS = {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, BaseException)
}
_ERRORS |= {
    "UFuncTypeError",
    "_UFuncNoLoopError",
    "_UFuncOutputCastingError",
    "LinAlgError",
    "AxisError",
}


def _clean(observation: Plain, exercise: Exercise, written: str) -> Plain:
    """Keep of an observation only what the judge knows, so that nothing forged reaches a page."""
    if not isinstance(observation, dict):
        return {"died": True}
    flags = ("shares", "timeout", "died", "missing", "overwritten", "varies")
    clean: dict[str, Plain] = {flag: True for flag in flags if observation.get(flag)}
    if "returned" in observation:
        clean["returned"] = observation["returned"]
    if isinstance(raised := observation.get("raised"), dict):
        kind = str(raised.get("type"))
        message = known_phrase(str(raised.get("message")))
        clean["raised"] = {"type": kind if kind in _ERRORS else "an error", "message": message}
        text, line = raised.get("text"), raised.get("line")
        if isinstance(text, str) and text.strip() and text in written and isinstance(line, int):
            clean["raised"] |= {"text": text, "line": line}
        if isinstance(name := raised.get("function"), str) and f"def {name}(" in written:
            clean["raised"]["function"] = name
    if isinstance(changed := observation.get("changed"), list):
        names = {name for call in exercise.inputs([exercise.visible[0]]) for name, _ in call}
        clean["changed"] = [name for name in changed if isinstance(name, str) and name in names]
    if isinstance(warned := observation.get("warned"), list) and warned:
        runtime = any(str(line).startswith("RuntimeWarning") for line in warned)
        clean["warned"] = ["RuntimeWarning" if runtime else "a warning"]
    return clean
