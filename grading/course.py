"""The course folder: where it is, its units, and nbgrader's commands in it."""

import os
import subprocess
import sys
from pathlib import Path

COURSE = Path(__file__).resolve().parent.parent


class CourseError(Exception):
    """Something in the course folder stops the command; the text says what to do."""


def units(folder: Path) -> list[Path]:
    """Return the source folders of the units, in order."""
    return sorted(path.parent for path in (folder / "source").glob("*/exercises.py"))


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
        If the command failed; the text holds the end of its log.
    """
    command = [sys.executable, "-m", "nbgrader", *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment(), capture_output=True, text=True, check=False
    )
    log = done.stdout + done.stderr
    if check and done.returncode != 0:
        raise CourseError(f"nbgrader {' '.join(arguments)} failed:\n{log[-3000:]}")
    return log
