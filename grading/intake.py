"""Read what a student handed in: bounded, no link followed, nothing that could block.

The file that holds the notebook is found by its name; :func:`grading.parse.parse` reads it.
"""

import errno
import os
import re
import stat
import unicodedata
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from grading.parse import IntakeError, parse

__all__ = ["Folder", "IntakeError", "Submission", "choose_notebook", "parse", "read_submission"]

MAX_NOTEBOOK = 8 * 2**20  # bytes
MAX_OTHERS = 8 * 2**20  # bytes of all other files of a submission
MAX_FILES = 200
TIMESTAMP = "timestamp.txt"  # nbgrader's name
_LISTED = 2000  # files of a submission that are looked at
_SKIPPED = ("__MACOSX", "__pycache__")
_NOTEBOOK = re.compile(r"\.ipynb(\.txt|\.json)?$", re.IGNORECASE)


@dataclass(frozen=True)
class Submission:
    """What one student handed in for a unit."""

    student: str
    notebook: bytes
    files: dict[str, bytes]
    notes: tuple[str, ...]
    timestamp: str | None


def read_submission(folder: Path, notebook: str) -> Submission:
    """
    Read the folder of a submission.

    Parameters
    ----------
    folder : pathlib.Path
        ``submitted/<student>/<unit>``.
    notebook : str
        The file name that was asked for, for example ``line-fitting.ipynb``.

    Returns
    -------
    Submission
        The notebook's bytes and the other files by their path, with a note for whatever was left
        out or chosen; the time of submission in UTC where nbgrader wrote it down.

    Raises
    ------
    IntakeError
        If there is not one notebook that is certainly meant, or if it can't be read.
    """
    with Folder(folder) as tree:
        listed = list(tree.files(_LISTED))
        chosen, notes = choose_notebook(listed, notebook)
        data = tree.read(chosen, MAX_NOTEBOOK)
        timestamp = _timestamp(tree, notes) if TIMESTAMP in listed else None
        others = [p for p in listed if p != TIMESTAMP and not is_notebook(p)]
        files = _read_others(tree, others, notes)
    if len(listed) == _LISTED:
        notes.append(f"There are {_LISTED} files or more; the rest was not looked at.")
    return Submission(folder.parent.name, data, files, tuple(notes), timestamp)


def _read_others(tree: "Folder", paths: list[str], notes: list[str]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    room = MAX_OTHERS
    for path in paths:
        if len(files) == MAX_FILES:
            notes.append(f"Only the first {MAX_FILES} files beside the notebook were taken.")
            break
        try:
            if not path.isprintable():
                raise IntakeError(f"{printable(path)} has characters in its name that are no text.")
            files[path] = tree.read(path, room)
        except IntakeError as error:
            notes.append(f"Left out: {error}")
        else:
            room -= len(files[path])
    return files


def _timestamp(tree: "Folder", notes: list[str]) -> str | None:
    try:
        text = tree.read(TIMESTAMP, 100).decode("utf-8", "replace").strip()
    except IntakeError as error:
        notes.append(f"The time of submission is unknown: {error}")
        return None
    time = utc(text)
    if time is None:
        notes.append(f"The time of submission is unknown: {TIMESTAMP} says {text[:40]!a}.")
    return time


def utc(text: str) -> str | None:
    """
    Return a time in UTC as nbgrader writes it, None for what is no time.

    Parameters
    ----------
    text : str
        A date and time; without a zone it is taken for UTC.

    Examples
    --------
    >>> utc("2026-03-01 10:00:00 +0100")
    '2026-03-01 09:00:00'
    >>> utc("tomorrow")
    """
    match = re.fullmatch(r"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)\s*(\S*)", text)
    if match is None:
        return None
    try:
        offset = match[2] if re.match("[+-]|Z?$", match[2]) else ""
        time = datetime.fromisoformat(match[1] + offset)
        zone = ZoneInfo(match[2]) if match[2] and not offset else UTC
        time = time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError, KeyError, OSError):
        return None
    return time.replace(tzinfo=None).isoformat(" ")


def is_notebook(path: str) -> bool:
    """Tell whether a file's name is that of a notebook, also with a browser's .txt or .json."""
    return bool(_NOTEBOOK.search(path))


def choose_notebook(paths: list[str], expected: str) -> tuple[str, list[str]]:
    """
    Choose the notebook among the files of a submission by their names.

    Parameters
    ----------
    paths : list of str
        All files, by their path in the submission's folder.
    expected : str
        The file name that was asked for.

    Returns
    -------
    path : str
        The file that holds the notebook.
    notes : list of str
        A sentence if it has another name, and if other notebooks were there.

    Raises
    ------
    IntakeError
        If there is no notebook, or several and their names don't tell which one counts.
    """
    found = [path for path in paths if is_notebook(path)]
    found = [path for path in found if "/" not in path] or found
    if not found:
        raise IntakeError(f"There is no notebook; {expected} is needed. {_there(paths)}")
    chosen = found[0] if len(found) == 1 else _newest(found, expected)
    others = ", ".join(map(printable, sorted(set(found) - {chosen})[:3]))
    notes = []
    if chosen != expected:
        notes.append(f"The notebook was handed in as {printable(chosen)}.")
    if others:
        notes.append(f"{printable(chosen)} counts; other notebooks were left out: {others}.")
    return chosen, notes


def _there(paths: list[str]) -> str:
    names = ", ".join(map(printable, paths[:3]))
    return f"What was handed in: {names}." if names else "Nothing was handed in."


def _newest(paths: list[str], expected: str) -> str:
    """Return the notebook with the highest number that a browser or an LMS gave it."""
    numbered = [(k, path) for path in paths if (k := _number(path, expected)) is not None]
    newest = [path for k, path in numbered if k == max(numbered)[0]]
    if expected in newest:
        return expected
    if len(newest) == 1:
        return newest[0]
    names = ", ".join(map(printable, paths[:4]))
    raise IntakeError(
        f"There are several notebooks, and the names do not tell which one counts: {names}. "
        f"Keep one of them and name it {expected}."
    )


def _number(path: str, expected: str) -> int | None:
    """Return 0 for the expected name in any spelling, k for its k-th download, -1 for a copy."""
    words = re.split(r"[\W_]+", expected.removesuffix(".ipynb"))
    pattern = (
        r"(copy[\W_]+of[\W_]+)?" + r"[\W_]*".join(words) + r"([\W_]*copy\d*)?"
        r"(?:[\W_]+(\d{1,2})\)?)?\s*" + _NOTEBOOK.pattern
    )
    name = unicodedata.normalize("NFC", path.rpartition("/")[2])
    match = re.fullmatch(pattern, name, re.IGNORECASE)
    if match is None:
        return None
    return -1 if match[1] or match[2] else int(match[3] or 0)


def printable(name: str) -> str:
    """Return a file name as it can be shown to a person, shortened."""
    short = name if len(name) <= 80 else f"{name[:40]}…{name[-39:]}"
    return short if short.isprintable() else ascii(short)


class Folder:
    """A folder of files that is read without following a link; to be used in a with block."""

    def __init__(self, path: Path) -> None:
        try:
            # the folders of the student and the unit must be folders, those above are the course's
            above = os.open(path.parent, _DIRECTORY)
            try:
                self._root = os.open(path.name, _DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
        except OSError as error:
            raise IntakeError(f"The folder {path.name} {_why(error)}.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def files(self, at_most: int) -> Iterator[str]:
        """
        List the files, those of the upper folders first; editors' and systems' own are passed over.

        Parameters
        ----------
        at_most : int
            How many.

        Yields
        ------
        str
            The path in this folder, with ``/`` between its parts.
        """
        folders = deque([""])
        while folders and at_most > 0:
            above = folders.popleft()
            for entry in self._entries(above):
                path = f"{above}{entry.name}"
                if entry.name.startswith(".") or entry.name in _SKIPPED:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{path}/")
                elif at_most > 0:
                    at_most -= 1
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            descriptor = self._open(folder.rstrip("/") or ".", _DIRECTORY)
        except OSError:
            return []
        try:
            with os.scandir(descriptor) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        finally:
            os.close(descriptor)

    def read(self, path: str, limit: int) -> bytes:
        """
        Return the content of a regular file.

        Parameters
        ----------
        path : str
            As :meth:`files` gives it.
        limit : int
            The largest size in bytes.

        Raises
        ------
        IntakeError
            If it is a link, no regular file, larger, or can't be read.
        """
        name = printable(path)
        try:
            descriptor = self._open(path, _FILE)
        except OSError as error:
            raise IntakeError(f"{name} {_why(error)}.") from None
        with open(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise IntakeError(f"{name} is no regular file but {_kind(about.st_mode)}.")
            if about.st_size > limit:
                raise IntakeError(
                    f"{name} has {about.st_size / 2**20:.1f} MB; "
                    f"only {limit / 2**20:.1f} MB can be taken."
                )
            try:
                return file.read(limit)
            except OSError as error:
                raise IntakeError(f"{name} {_why(error)}.") from None

    def _open(self, path: str, flags: int) -> int:
        """Open a path part by part, so that none of its folders is a link."""
        *folders, last = path.split("/")
        above = os.dup(self._root)
        try:
            for folder in folders:
                below = os.open(folder, _DIRECTORY, dir_fd=above)
                os.close(above)
                above = below
            return os.open(last, flags, dir_fd=above)
        finally:
            os.close(above)


_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe opens at once
_DIRECTORY = _FILE | os.O_DIRECTORY
_REASONS = {
    errno.ELOOP: "is a link, and links are not followed",
    errno.ENOTDIR: "is a link or no folder",
    errno.ENOENT: "does not exist",
    errno.ENXIO: "is no regular file",
    errno.EACCES: "may not be read; give yourself the right to read it",
}


def _why(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, f"can't be read ({error.strerror})")


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device"}
    return kinds.get(stat.S_IFMT(mode), "something else")
