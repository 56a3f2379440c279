"""Mark a submitted notebook: run it elsewhere, compare here. No student code runs in this module."""

import builtins
import hashlib
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from nbformat import NotebookNode

from grading.cells import called_names, defined_functions, fingerprint
from grading.course import CourseError
from grading.engine import Engine
from grading.exercise import Exercise, Group
from grading.rebuild import grade_id
from helpers.codec import Plain
from helpers.judge import NOT_ATTEMPTED, NOT_YET, RIGHT, Verdict, judge, known_phrase

MAX_FILES = 50 * 2**20  # bytes of all files of a submission that its code may read
VARIANTS = 1  # sets of hidden cases of each exercise; the tests try every answer on each


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
    left_out: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def summary(self) -> Plain:
        """Return the record without the notebook's outputs, as plain data."""
        summary = asdict(self)
        del summary["outputs"]
        return summary


def mark_notebook(
    notebook: NotebookNode,
    exercises: dict[str, Exercise],
    folder: Path,
    engine: Engine,
    checks: Path | None = None,
) -> Record:
    """
    Mark a notebook.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook on its released structure.
    exercises : dict
        The exercises by name.
    folder : pathlib.Path
        The submission's folder; its regular files are copied for the run.
    engine : Engine
        Where the cells run.
    checks : pathlib.Path, optional
        The ``checks.json`` that the student received, so that hints and checks say the same.

    Returns
    -------
    Record
        Marks, messages and the outputs of the other cells. The same submission gets the same
        marks again, because its own text chooses the hidden cases.

    Raises
    ------
    CourseError
        If a cell is marked by an exercise that does not exist.
    grading.engine.EngineError
        If the notebook could not be run at all.
    """
    started = time.monotonic()
    cells = [
        {"index": k, "source": cell.source, "question": question_of(cell, exercises)}
        for k, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    written = "\n".join(cell["source"] for cell in cells if not cell["question"])
    record = Record(fingerprint(notebook))
    temporary = tempfile.TemporaryDirectory(prefix="downhill-", ignore_cleanup_errors=True)
    with temporary as copy, engine.conversation():
        record.left_out = copy_files(folder, Path(copy))
        if checks is not None and checks.exists():
            shutil.copyfile(checks, Path(copy) / "checks.json")
        record.outputs, record.lost = engine.run(cells, Path(copy))
        for cell in cells:
            if cell["question"]:
                exercise = exercises[cell["question"]]
                calls = hidden_calls(exercise, record.submission)
                seen = engine.call(exercise.name, calls.inputs)
                observations = [_clean(o, exercise, written) for o in seen]
                record.questions[exercise.name] = mark_question(calls, observations)
    _name_follow_ups(record.questions, exercises, cells)
    record.seconds = round(time.monotonic() - started, 3)
    return record


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


def _name_follow_ups(
    marks: dict[str, Mark], exercises: dict[str, Exercise], cells: list[Plain]
) -> None:
    """Say where a question fails because it calls one that is not right."""
    called = _called(cells)
    for name, mark in marks.items():
        known = [mistake.id for mistake in exercises[name].mistakes]
        if mark.state != NOT_YET:
            continue
        for other in [o for o in marks if o != name and o in called[name]]:
            values_right = marks[other].parts[0].right
            if marks[other].state != RIGHT and not (values_right and mark.diagnosis in known):
                mark.diagnosis = f"follows-{other}"
                advice = f"Mend {other} first, then look here again."
                mark.lines = [f"It calls {other}, which is not right yet. {advice}"]
                break


def _called(cells: list[Plain]) -> dict[str, set[str]]:
    """Return for each question what its function calls, by the last definition before the check."""
    called: dict[str, set[str]] = {}
    defined: dict[str, Any] = {}
    for cell in cells:
        name = cell["question"]
        if name:
            called[name] = called_names(defined[name]) if name in defined else set()
        else:
            defined |= defined_functions(cell["source"])
    return called


def copy_files(source: Path, target: Path) -> list[str]:
    """
    Copy the files of a submission: regular ones, no links, no pipes, as many as fit.

    Parameters
    ----------
    source, target : pathlib.Path
        The folder of the submission, and the one in which it is to run.

    Returns
    -------
    list of str
        A sentence for each file that was left out.
    """
    left_out, room = [], MAX_FILES
    for path in sorted(source.rglob("*")):
        name = path.relative_to(source)
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            left_out.append(f"{name} is a link or no regular file and was left out.")
        elif path.is_file() and path.stat().st_size > room:
            limit = f"{MAX_FILES // 2**20} MB"
            left_out.append(f"{name} was left out: all files together may have {limit}.")
        elif path.is_file():
            room -= path.stat().st_size
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / name)
    return left_out


def hidden_calls(exercise: Exercise, submission: str) -> "HiddenCalls":
    """
    Return the hidden cases of an exercise for a submission: one of ``VARIANTS`` sets.

    Parameters
    ----------
    exercise : Exercise
        The exercise.
    submission : str
        The fingerprint of the submission, which chooses the set.
    """
    number = hashlib.sha256(submission.encode()).digest()[0] % VARIANTS
    return hidden_set(exercise, number)


@lru_cache(maxsize=64)  # what the known mistakes would give takes seconds for some exercises
def hidden_set(exercise: Exercise, number: int) -> "HiddenCalls":
    """Return one of the sets of hidden cases, made once for all submissions."""
    return HiddenCalls(exercise, f"set {number}")


class HiddenCalls:
    """One set of hidden cases of an exercise, group after group; the text seeds it."""

    def __init__(self, exercise: Exercise, text: str) -> None:
        self.exercise = exercise
        self.groups: list[tuple[Group, range]] = []
        calls: list[tuple[Any, ...]] = []
        for number, group in enumerate(exercise.groups):
            seed = f"{text}/{exercise.name}/{number}".encode()
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
