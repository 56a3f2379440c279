"""Marking one submission as a pure function: the unit and the submission in, a record out.

No course folder, no gradebook and no network is needed, so it runs the same in this process, in
another one, or on another machine.
"""

import atexit
import hashlib
import json
import platform
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from grading.course import COURSE
from grading.engine import Engine, EngineError
from grading.exercise import Exercise, load_exercises
from grading.intake import IntakeError, Submission, parse
from grading.marker import Mark, Part, Record, hidden_calls, mark_notebook, question_of
from grading.pages import dress
from grading.rebuild import grade_id, is_answer, is_graded, rebuild
from helpers.codec import Plain

TRIES = 2  # a runner that was ended from outside, for example for want of memory, starts anew
_MARKING = ("calls", "codec", "judge", "draws")  # the helpers that decide marks


@dataclass(frozen=True)
class Bundle:
    """
    All that marking a unit needs.

    ``exercises`` is the text of exercises.py, ``released`` the notebook that students received,
    ``checks`` their check data. With ``figures`` the figures of the notebooks are drawn;
    without ``sandbox`` student code runs with all that this user may do.
    """

    unit: str
    notebook: str
    exercises: bytes
    released: str
    checks: bytes
    figures: bool = False
    sandbox: bool = True

    @property
    def key(self) -> str:
        """A hash of all that decides a mark, but for the exercises and the submission."""
        return content_hash([self.unit, self.released, _environment()])

    def fingerprints(self) -> dict[str, str]:
        """Return a hash of all that decides the mark of each question, by its name."""
        return dict(_fingerprints(self))


def address(bundle: Bundle, submission: Submission) -> str:
    """Return the content address of a record: equal where nothing but exercises can differ."""
    files = [text for name in sorted(submission.files) for text in (name, submission.files[name])]
    return content_hash([bundle.key, submission.notebook, *files, *submission.notes])


def still_holds(record: Plain, bundle: Bundle) -> bool:
    """Tell whether a record of the same address has the same exercises and the figures wanted."""
    drawn = record["figures"] or not bundle.figures
    return drawn and record["exercises"] == bundle.fingerprints()


def mark(bundle: Bundle, submission: Submission, before: Plain | None = None) -> tuple[Plain, str]:
    """
    Mark a submission.

    Parameters
    ----------
    bundle : Bundle
        The unit.
    submission : Submission
        What was handed in.
    before : dict, optional
        An older record with the same address: only questions whose exercise changed are asked.

    Returns
    -------
    record : dict
        The record as plain data; with "failure", a sentence, where it could not be marked.
    notebook : str
        The marked notebook with its outputs, "" where there is none.
    """
    failed = {"student": submission.student, "unit": bundle.unit}
    for tries in range(1, TRIES + 1):
        try:
            return _mark(bundle, submission, before)
        except IntakeError as error:
            return {**failed, "failure": str(error)}, ""
        except EngineError as error:
            if tries == TRIES:
                return {**failed, "failure": str(error)}, ""
    raise AssertionError


def _mark(bundle: Bundle, submission: Submission, before: Plain | None) -> tuple[Plain, str]:
    exercises, released = _exercises(bundle), _released(bundle)
    submitted, repairs = parse(submission.notebook)
    notebook, more = rebuild(submitted, released)
    repairs = [*repairs, *more]
    checks = {"checks.json": bundle.checks} if bundle.checks else {}
    files = {**submission.files, **checks}
    kept = _kept(before, bundle)
    marked = mark_notebook(notebook, exercises, files, engine(bundle.figures, bundle.sandbox), kept)
    dress(notebook, marked, exercises, [*submission.notes, *repairs])
    record = {
        "student": submission.student,
        "unit": bundle.unit,
        "notebook": bundle.notebook,
        "address": address(bundle, submission),
        "timestamp": submission.timestamp,
        **describe(notebook, released, marked, exercises),
        "left_out": list(submission.notes),
        "repairs": repairs,
        "exercises": bundle.fingerprints(),
        "figures": bundle.figures,
    }
    return record, json.dumps(notebook, ensure_ascii=False) + "\n"  # indenting takes long


def describe(
    notebook: NotebookNode,
    released: NotebookNode,
    marked: Record,
    exercises: dict[str, Exercise],
) -> Plain:
    """
    Return what a record says of a marked notebook, however it was marked.

    Parameters
    ----------
    notebook : NotebookNode
        The marked notebook with its outputs.
    released : NotebookNode
        What the student received.
    marked : Record
        The marks.
    exercises : dict
        The exercises by name.
    """
    stubs = {grade_id(cell): cell.source for cell in released.cells}
    named = [cell for cell in notebook.cells if grade_id(cell)]
    attempted = {
        grade_id(cell): cell.source != stubs[grade_id(cell)]
        for cell in named
        if is_answer(cell) or cell.metadata.nbgrader.get("task")
    }
    scores = {
        grade_id(cell): _score(cell, marked, exercises, attempted)
        for cell in named
        if is_graded(cell) or cell.metadata.nbgrader.get("task")
    }
    return {**marked.summary(), "scores": scores, "attempted": attempted}


def _score(
    cell: NotebookNode,
    marked: Record,
    exercises: dict[str, Exercise],
    attempted: dict[str, bool],
) -> float | None:
    """Return the automatic score of a cell as nbgrader gives it, None where a person decides."""
    question = question_of(cell, exercises)
    if question:
        return marked.questions[question].score
    name = grade_id(cell)
    if cell.metadata.nbgrader.get("task"):
        return None
    if name in attempted:
        return None if attempted[name] else 0.0
    from nbgrader.utils import determine_grade  # an instructor's own test: nbgrader's rule holds

    return determine_grade(cell)[0]


def _kept(before: Plain | None, bundle: Bundle) -> dict[str, Mark]:
    """Return the marks of an older record that still hold."""
    if before is None:
        return {}
    now = bundle.fingerprints()
    same = [name for name, hashed in before["exercises"].items() if now.get(name) == hashed]
    found = {**before["questions"], **before["found"]}
    return {name: _as_mark(found[name]) for name in same if name in found}


def _as_mark(plain: Plain) -> Mark:
    return Mark(**{**plain, "parts": [Part(**part) for part in plain["parts"]]})


@cache
def engine(figures: bool, sandbox: bool = True) -> Engine:
    """
    Return this process's warm runner.

    Parameters
    ----------
    figures : bool
        Whether it draws figures.
    sandbox : bool
        Whether it runs in the sandbox.

    Raises
    ------
    EngineError
        If the sandbox does not work here.
    """
    running = Engine(figures, sandbox).__enter__()
    atexit.register(running.__exit__)
    running.start()
    return running


@lru_cache(maxsize=8)
def _exercises(bundle: Bundle) -> dict[str, Exercise]:
    with tempfile.TemporaryDirectory(prefix="downhill-") as folder:
        path = Path(folder, "exercises.py")
        path.write_bytes(bundle.exercises)
        exercises = load_exercises(path)
        for exercise in exercises.values():
            if exercise.role != "lesson":
                hidden_calls(exercise).fingerprint  # noqa: B018  # it reads the file
    return exercises


@lru_cache(maxsize=8)
def _released(bundle: Bundle) -> NotebookNode:
    return nbformat.from_dict(json.loads(bundle.released))


@lru_cache(maxsize=8)
def _fingerprints(bundle: Bundle) -> Iterable[tuple[str, str]]:
    return [
        (name, hidden_calls(exercise).fingerprint)
        for name, exercise in _exercises(bundle).items()
        if exercise.role != "lesson"
    ]


@cache
def _environment() -> str:
    """Return what of this machine and this program may change a mark."""
    code = [*sorted((COURSE / "grading").glob("*.py"))]
    code += [COURSE / "helpers" / f"{name}.py" for name in _MARKING]
    packages = [f"{name} {version(name)}" for name in ("numpy", "ipython", "matplotlib")]
    return content_hash(
        [platform.python_version(), *packages, *(path.read_bytes() for path in code)]
    )


def content_hash(parts: Iterable[str | bytes]) -> str:
    """Return one hash of some texts, each with its length."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.hexdigest()
