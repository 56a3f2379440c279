"""Build what students receive: nbgrader's release and, beside each notebook, check data."""

import json
from pathlib import Path

import nbformat
from nbgrader.utils import compute_checksum

from grading.course import CourseError, nbgrader, units
from grading.exercise import Exercise, load_exercises
from grading.leaks import find_leaks
from grading.rebuild import is_answer
from helpers.codec import Plain


def check_data(exercises: list[Exercise]) -> Plain:
    """
    Return the content of ``checks.json`` for some exercises.

    Parameters
    ----------
    exercises : list of Exercise
        The exercises of one notebook.

    Returns
    -------
    dict
        For each exercise by name: the visible cases' inputs, the expected results, what each known
        mistake would return for them, and the messages.
    """
    data = {}
    for exercise in exercises:
        inputs = exercise.inputs(exercise.visible)
        description, cases = exercise.with_mistakes(exercise.cases(inputs))
        data[exercise.name] = {**description, "cases": cases}
    return data


def check_text(exercises: list[Exercise]) -> str:
    """Return ``checks.json`` as text, indented so that changes can be reviewed."""
    return json.dumps(check_data(exercises), ensure_ascii=False, indent=1) + "\n"


def release_all(folder: Path, force: bool = False, only_missing: bool = False) -> list[Path]:
    """
    Make ``release/``, ``solutions/`` and the lessons' check data from ``source/``.

    Parameters
    ----------
    folder : pathlib.Path
        The course folder.
    force : bool
        Whether to write over a release in which somebody typed answers.
    only_missing : bool
        Whether to leave alone what is there already.

    Returns
    -------
    list of pathlib.Path
        The folders and files that were made.

    Raises
    ------
    CourseError
        If a released notebook holds typed answers, nbgrader fails, or an answer would leak.
    """
    made: list[Path] = []
    for unit in units(folder):
        release = folder / "release" / unit.name
        if only_missing and any(release.glob("*.ipynb")):
            continue
        for path in [] if force else release.glob("*.ipynb"):
            if holds_answers(path):
                raise CourseError(
                    f"{path} holds answers that somebody typed. Move it to another place, "
                    "or use --force to write over it."
                )
        nbgrader(folder, "generate_assignment", unit.name, "--force")
        nbgrader(folder, "generate_solution", unit.name, "--force")
        leaks = find_leaks(unit, [release])
        if leaks:
            raise CourseError("The release would give answers away:\n" + "\n".join(leaks))
        made += [release, folder / "solutions" / unit.name]
    checks = folder / "course" / "checks.json"
    if made or not checks.exists():
        checks.write_text(check_text(lesson_exercises(folder)), encoding="utf-8")
        made.append(checks)
    return made


def lesson_exercises(folder: Path) -> list[Exercise]:
    """Return the exercises that belong to the lessons, unit after unit."""
    return [
        exercise
        for unit in units(folder)
        for exercise in load_exercises(unit / "exercises.py").values()
        if exercise.role == "lesson"
    ]


def holds_answers(path: Path) -> bool:
    """Tell whether somebody changed an answer cell of a released notebook."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if "nbgrader" in cell.metadata and is_answer(cell)]
    return any(cell.metadata.nbgrader.get("checksum") != compute_checksum(cell) for cell in cells)
