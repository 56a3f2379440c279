"""The course folder: where it is, its units, and nbgrader's commands in it."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

COURSE = Path(__file__).resolve().parent.parent


class CourseError(Exception):
    """Something in the course folder stops the command; the text says what to do."""


def units(folder: Path) -> list[Path]:
    """Return the source folders of the units, in order."""
    return sorted(path.parent for path in (folder / "source").glob("*/exercises.py"))


def load_module(path: Path) -> Any:
    """Import one of the Python files in a unit's source folder; its name is no package's."""
    spec = importlib.util.spec_from_file_location(f"{path.stem}_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def environment() -> dict[str, str]:
    """Return the environment with this Python's commands first on the path."""
    # nbgrader starts `alembic` by its name
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    return {**os.environ, "PATH": path}


def nbgrader(folder: Path, *arguments: str, check: bool = True) -> str:
    """
    Run one of nbgrader's commands in a course folder.

    Parameters
    ----------
    folder : pathlib.Path
        The course folder.
    *arguments : str
        The command and its arguments.
    check : bool
        Whether an exit code other than 0 is an error.

    Returns
    -------
    str
        What the command wrote.

    Raises
    ------
    CourseError
        If the command failed; the text tells why, or holds the end of its log.
    """
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    log = done.stdout + done.stderr
    if check and done.returncode != 0:
        raise CourseError(_why(log) or f"nbgrader {' '.join(arguments)} failed:\n{log[-3000:]}")
    return log


def _why(log: str) -> str:
    """Return the sentence that explains a log of nbgrader, "" where none is known."""
    if "Cannot add or remove cells" in log or "Cannot modify existing assignment" in log:
        return (
            "The gradebook holds submissions of this unit, so its notebooks and graded cells can no "
            "longer be added, removed or renamed. Undo that in source/, or move gradebook.db, "
            "submitted/, autograded/ and feedback/ to another place to begin a new class."
        )
    own = re.search(r"^ *grading\.course\.CourseError: (.*?)\s*^\[", log, re.DOTALL | re.MULTILINE)
    return re.sub(r"\n +", "\n", own[1]) if own else ""
