"""Mark a submitted notebook: run it elsewhere, compare here. No student code runs in this module."""

import builtins
import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from grading.engine import Engine
from grading.exercise import Exercise, Group
from helpers.codec import Plain
from helpers.judge import NOT_ATTEMPTED, NOT_YET, PHRASES, RIGHT, Verdict, judge

MAX_FILE = 10 * 2**20  # larger files of a submission are not given to its code


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
    outputs: dict[str, list[Any]] = field(default_factory=dict)
    lost: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    def summary(self) -> Plain:
        """Return the record without the notebook's outputs, as plain data."""
        summary = asdict(self)
        del summary["outputs"]
        return summary


def mark_notebook(
    cells: list[Plain], exercises: dict[str, Exercise], folder: Path, engine: Engine
) -> Record:
    """
    Mark a notebook.

    Parameters
    ----------
    cells : list of dict
        The code cells in order: ``index``, ``source``, and ``question`` (an exercise's name where
        the cell marks it, else None).
    exercises : dict
        The exercises by name.
    folder : pathlib.Path
        The submission's folder; its regular files are copied for the run.
    engine : Engine
        Where the cells run.

    Returns
    -------
    Record
        Marks, messages and the outputs of the other cells. The same submission gets the same
        marks again, because its own text seeds the hidden cases.

    Raises
    ------
    grading.engine.EngineError
        If the notebook could not be run at all.
    """
    started = time.monotonic()
    written = "\n".join(cell["source"] for cell in cells if not cell["question"])
    record = Record(hashlib.sha256(written.encode("utf-8", "replace")).hexdigest())
    with tempfile.TemporaryDirectory(prefix="downhill-") as copy:
        copy_files(folder, Path(copy))
        record.outputs, record.lost = engine.run(cells, Path(copy))
        for cell in cells:
            if cell["question"]:
                exercise = exercises[cell["question"]]
                calls = HiddenCalls(exercise, record.submission)
                seen = engine.call(exercise.name, calls.inputs)
                observations = [_clean(o, exercise, written) for o in seen]
                record.questions[exercise.name] = mark_question(calls, observations)
    _name_follow_ups(record.questions, exercises, cells)
    record.seconds = round(time.monotonic() - started, 3)
    return record


def _name_follow_ups(
    marks: dict[str, Mark], exercises: dict[str, Exercise], cells: list[Plain]
) -> None:
    """Say where a question fails because it calls one that is not right."""
    for name, mark in marks.items():
        known = [mistake.id for mistake in exercises[name].mistakes]
        if mark.state != NOT_YET:
            continue
        source = "\n".join(c["source"] for c in cells if f"def {name}(" in c["source"])
        called = [
            other for other in marks if other != name and re.search(rf"\b{other}\s*\(", source)
        ]
        for other in called:
            values_right = marks[other].parts[0].right
            if marks[other].state != RIGHT and not (values_right and mark.diagnosis in known):
                mark.diagnosis = f"follows-{other}"
                advice = f"Mend {other} first, then look here again."
                mark.lines = [f"It calls {other}, which is not right yet. {advice}"]
                break


def copy_files(source: Path, target: Path) -> None:
    """Copy the regular files of a submission, no links, no pipes, nothing huge."""
    if not source.is_dir():
        return
    for path in source.iterdir():
        if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_FILE:
            shutil.copyfile(path, target / path.name)


class HiddenCalls:
    """The hidden cases of one exercise for one submission, group after group."""

    def __init__(self, exercise: Exercise, submission: str) -> None:
        self.exercise = exercise
        self.groups: list[tuple[Group, range]] = []
        calls: list[tuple[Any, ...]] = []
        for number, group in enumerate(exercise.groups):
            seed = f"{submission}/{exercise.name}/{number}".encode()
            rng = np.random.default_rng(int.from_bytes(hashlib.sha256(seed).digest()[:8]))
            drawn = list(group.draw(rng))
            self.groups.append((group, range(len(calls), len(calls) + len(drawn))))
            calls += drawn
        self.inputs = exercise.inputs(calls)

    @cached_property
    def cases(self) -> list[Plain]:
        """The inputs with the expected results."""
        return self.exercise.cases(self.inputs)

    @cached_property
    def known(self) -> tuple[Plain, list[Plain]]:
        """The exercise and the cases with what each known mistake would give."""
        return self.exercise.with_mistakes(self.cases)


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
    exercise = calls.exercise
    plain = {**exercise.describe(), "mistakes": {}}
    verdict = judge(plain, calls.cases, observations, show=False)
    if verdict.state == NOT_YET:  # only now is it worth running the known mistakes
        verdict = judge(*calls.known, observations, show=False)
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
        warned=bool(verdict.warnings),
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
        said = str(raised.get("message"))
        message = next((phrase for phrase in PHRASES if phrase in said), "")
        clean["raised"] = {"type": kind if kind in _ERRORS else "an error", "message": message}
        text, line = raised.get("text"), raised.get("line")
        if isinstance(text, str) and text.strip() and text in written and isinstance(line, int):
            clean["raised"] |= {"text": text, "line": line}
        if isinstance(name := raised.get("function"), str) and f"def {name}(" in written:
            clean["raised"]["function"] = name
    if isinstance(changed := observation.get("changed"), list):
        names = {name for call in exercise.inputs([exercise.visible[0]]) for name, _ in call}
        clean["changed"] = [name for name in changed if name in names]
    if isinstance(warned := observation.get("warned"), list) and warned:
        clean["warned"] = ["a warning"]
    return clean
