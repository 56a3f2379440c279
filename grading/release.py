"""Build what students receive: nbgrader's release and, beside each notebook, check data."""

import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from traitlets.config import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from grading.cells import fingerprint
from grading.course import COURSE, CourseError, nbgrader, units
from grading.exercise import Exercise, load_exercises
from grading.leaks import find_leaks, leaks_in
from helpers.codec import Plain

LONGEST_LINE = 160  # of checks.json

# these write files and the gradebook; the others make the notebook
_WRITING = ("SaveCells", "SealRelease", "WriteChecks")


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
    text = json.dumps(check_data(exercises), ensure_ascii=False, indent=1)
    # a line break is never inside a text, so what is joined keeps its meaning
    for short in (r"\[\n[^\[\]{}]*\]", r"\{\n[^{}]*\}"):
        text = re.sub(short, _one_line, text)
    return text + "\n"


def _one_line(found: re.Match[str]) -> str:
    """Write a short list or object on one line."""
    joined = re.sub(r"\n\s*", " ", found[0])
    return joined if len(joined) <= LONGEST_LINE else found[0]


def mistakes_text(unit: Path) -> str:
    """
    Return the table of a unit's known mistakes, for those who teach it.

    Parameters
    ----------
    unit : pathlib.Path
        The unit's source folder.
    """
    lines = [
        f"# Known mistakes of {unit.name}",
        "",
        "Made from exercises.py by `downhill release`.",
    ]
    for name, exercise in load_exercises(unit / "exercises.py").items():
        lines += ["", f"## {name}", "", "| Mistake | What the learner reads |", "|---|---|"]
        for mistake in exercise.mistakes:
            message = mistake.message.replace("|", "\\|")
            lines.append(f"| {mistake.id} | {message} |")
    return "\n".join(lines) + "\n"


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
        If somebody worked in a released notebook, nbgrader fails, or an answer would leak. What
        is not made then stays as it was.
    """
    release, made = folder / "release", []
    wanted = [
        unit
        for unit in units(folder)
        if not (only_missing and any((release / unit.name).glob("*.ipynb")))
    ]
    for unit in [] if force else wanted:
        for path in (release / unit.name).glob("*.ipynb"):
            if holds_answers(path):
                raise CourseError(
                    f"{path} holds answers that somebody typed, or other changes. "
                    "Move it to another place, or use --force to write over it."
                )
    if wanted:
        with tempfile.TemporaryDirectory(prefix="downhill-") as workshop:
            _build(wanted, Path(workshop))
            # only now, when all is well, the gradebook and the folders change
            _enter(Path(workshop), gradebook_url(folder))
            for unit in wanted:
                (unit / "mistakes.md").write_text(mistakes_text(unit), encoding="utf-8")
                for kind in ("release", "solutions"):
                    _replace(folder / kind / unit.name, Path(workshop) / kind / unit.name)
                    made.append(folder / kind / unit.name)
    checks = folder / "course" / "checks.json"
    if made or not checks.exists():
        checks.write_text(check_text(lesson_exercises(folder)), encoding="utf-8")
        made.append(checks)
    return made


def _build(wanted: list[Path], workshop: Path) -> None:
    """Make units' releases and solutions in another folder with a gradebook of its own."""
    ignore = shutil.ignore_patterns("__pycache__")
    for unit in wanted:
        shutil.copytree(unit, workshop / "source" / unit.name, ignore=ignore)
    shutil.copy(COURSE / "nbgrader_config.py", workshop)
    nbgrader(workshop, "generate_assignment", "*")
    nbgrader(workshop, "generate_solution", "*")
    for unit in wanted:
        refuse_leaks(find_leaks(unit, [workshop / "release" / unit.name]))


def _enter(workshop: Path, gradebook: str) -> None:
    """Let nbgrader write what was released into a gradebook; the check data are made already."""
    once_more = ["--CourseDirectory.release_directory=entered", "--WriteChecks.enabled=False"]
    nbgrader(workshop, "generate_assignment", "*", f"--db={gradebook}", *once_more)


def _replace(folder: Path, built: Path) -> None:
    """Write a built folder over an older one; other files than notebooks may lie there."""
    for path in folder.glob("*.ipynb"):
        path.unlink()
    for path in [path for path in built.rglob("*") if path.is_file()]:
        target = folder / path.relative_to(built)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.unlink(missing_ok=True)  # nbgrader may have made it read-only
        shutil.copy(path, target)


def refuse_leaks(leaks: list[str]) -> None:
    """Raise a :class:`CourseError` if there are any."""
    if leaks:
        raise CourseError("The release would give answers away:\n" + "\n".join(leaks))


def seal(notebook: NotebookNode, unit: Path, files: dict[str, bytes]) -> None:
    """
    Refuse a release with an answer in it, else note its fingerprint, so that changes are noticed.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook that students are to receive.
    unit : pathlib.Path
        The unit's source folder.
    files : dict of bytes
        The files beside the notebook, by name.

    Raises
    ------
    CourseError
        If an answer would leak.
    """
    texts = {name: data.decode("utf-8", "replace") for name, data in files.items()}
    refuse_leaks(leaks_in(unit, {"The notebook": nbformat.writes(notebook), **texts}))
    notebook.metadata["downhill"] = {"released": fingerprint(notebook)}


def course_config(folder: Path) -> Any:
    """Return nbgrader's configuration of a course folder."""
    return PyFileConfigLoader("nbgrader_config.py", path=str(folder)).load_config()


def gradebook_url(folder: Path) -> str:
    """Return the address of a course's gradebook, as nbgrader reads it."""
    default = f"sqlite:///{(folder / 'gradebook.db').resolve()}"
    return course_config(folder).CourseDirectory.get("db_url") or default


def released_notebook(source: Path, config: Any) -> NotebookNode:
    """
    Make the notebook that students received from the instructor's, without reading ``release/``.

    Parameters
    ----------
    source : pathlib.Path
        The notebook in ``source/``.
    config : traitlets.config.Config
        nbgrader's configuration.

    Returns
    -------
    NotebookNode
        The notebook, as nbgrader's own steps of ``generate_assignment`` leave it.

    Raises
    ------
    CourseError
        If there is no such notebook.
    """
    if not source.exists():
        raise CourseError(
            f"{source} is missing. Submissions are marked by the notebook in source/."
        )
    notebook = nbformat.read(source, as_version=4)
    resources: Any = {"metadata": {"path": str(source.parent), "name": source.stem}}
    for name in config.GenerateAssignment.preprocessors:
        if not name.endswith(_WRITING):
            notebook, resources = import_item(name)(config=config)(notebook, resources)
    return notebook


def lesson_exercises(folder: Path) -> list[Exercise]:
    """Return the exercises that belong to the lessons, unit after unit."""
    return [
        exercise
        for unit in units(folder)
        for exercise in load_exercises(unit / "exercises.py").values()
        if exercise.role == "lesson"
    ]


def holds_answers(path: Path) -> bool:
    """
    Tell whether somebody changed any cell of a released notebook.

    Parameters
    ----------
    path : pathlib.Path
        The notebook in ``release/``.

    Returns
    -------
    bool
        True also for a notebook that no release made.

    Raises
    ------
    CourseError
        If the file is no notebook.
    """
    try:
        notebook = nbformat.read(path, as_version=4)
    except Exception:
        raise CourseError(
            f"{path} is no notebook: empty or damaged. Move it to another place, "
            "or use --force to write over it."
        ) from None
    return notebook.metadata.get("downhill", {}).get("released") != fingerprint(notebook)
