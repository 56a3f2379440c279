"""Find answers in what students receive, by their content and not by their markers."""

import inspect
import re
from pathlib import Path

import nbformat

from grading.exercise import load_exercises
from grading.rebuild import grade_id, is_answer

SHORTEST = 22  # characters without spaces; shorter lines are no answer by themselves
# a task may say the signature, and how lists become arrays
_INNOCENT = re.compile(r"def.*|(\w+)=np\.asarray\(\1,dtype=float\)")
_MARKERS = ("BEGINSOLUTION", "ENDSOLUTION", "BEGINHIDDEN", "BEGINMARK")


def find_leaks(unit: Path, received: list[Path]) -> list[str]:
    """
    Look for the answers of a unit in files that students receive.

    Parameters
    ----------
    unit : pathlib.Path
        The unit's source folder.
    received : list of pathlib.Path
        Files and folders; every text file in them is read.

    Returns
    -------
    list of str
        A sentence for each line of an answer that was found, with its file.
    """
    files = _files(received)
    return leaks_in(
        unit, {str(path): path.read_text(encoding="utf-8", errors="replace") for path in files}
    )


def leaks_in(unit: Path, texts: dict[str, str]) -> list[str]:
    """
    Look for the answers of a unit in texts.

    Parameters
    ----------
    unit : pathlib.Path
        The unit's source folder.
    texts : dict of str
        The texts by the name of their file.

    Returns
    -------
    list of str
        A sentence for each line of an answer that was found, with its file.
    """
    telling = _telling_lines(unit)
    found = []
    for name, text in texts.items():
        squashed = _squash(text)
        lines = [line for line in telling if line in squashed]
        marks = [mark for mark in _MARKERS if mark in squashed]
        found += [f"{name} holds a line of an answer: {line}" for line in lines]
        found += [f"{name} holds the marker {mark}" for mark in marks]
    return found


def _files(received: list[Path]) -> list[Path]:
    found: list[Path] = []
    for path in received:
        found += sorted(path.rglob("*")) if path.is_dir() else [path]
    return [p for p in found if p.suffix in (".ipynb", ".json", ".py", ".md", ".html", ".txt")]


def _telling_lines(unit: Path) -> set[str]:
    """Return the lines of code that only somebody who knows an answer would write."""
    marked = [e for e in load_exercises(unit / "exercises.py").values() if e.role != "lesson"]
    code = [_body(inspect.getsource(exercise.reference)) for exercise in marked]
    given = ""
    for path in unit.glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            if grade_id(cell) and is_answer(cell):
                kept, answer = _split(cell.source)
                code.append(answer if cell.cell_type == "code" else cell.source)
                given += kept if cell.cell_type == "code" else ""
            else:
                given += cell.source
    lines = {_squash(line) for text in code for line in text.split("\n")}
    lines = {line for line in lines if not _INNOCENT.fullmatch(line)}
    return {line for line in lines if len(line) >= SHORTEST and line not in _squash(given)}


def _split(source: str) -> tuple[str, str]:
    """Return what a source cell gives to students and what it keeps."""
    inside = re.compile(r"### BEGIN SOLUTION\n(.*?)\n\s*### END SOLUTION", re.DOTALL)
    return inside.sub("", source), "\n".join(inside.findall(source))


def _body(function: str) -> str:
    return function.split("):\n", 1)[-1]


def _squash(text: str) -> str:
    """Leave out spaces and JSON's escapes, so that layout hides nothing."""
    return re.sub(r"\\[nt]|[\s\\]", "", text)
