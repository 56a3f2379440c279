"""Read what a student handed in.

The file that holds the notebook is found by its name; :func:`grading.parse.parse` reads it.
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from grading.parse import IntakeError, parse
from grading.untrusted import Archive, Folder, printable

__all__ = ["IntakeError", "Submission", "choose_notebook", "parse", "read_submission"]

MAX_NOTEBOOK = 8 * 2**20  # bytes
MAX_OTHERS = 8 * 2**20  # bytes of all other files of a submission
MAX_FILES = 200
TIMESTAMP = "timestamp.txt"  # nbgrader's name
_LISTED = 2000  # files of a submission that are looked at
_ARCHIVES = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz")
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
        files = read_others(tree, _beside(listed), notes)
    return Submission(folder.parent.name, data, files, tuple(notes), timestamp)


def read_files(folder: Path) -> tuple[dict[str, bytes], list[str]]:
    """
    Read the files beside the notebook of a submission, as many as fit.

    Parameters
    ----------
    folder : pathlib.Path
        The folder of the submission.

    Returns
    -------
    files : dict
        The contents by their path in the folder.
    notes : list of str
        A sentence for each file that was left out.

    Raises
    ------
    IntakeError
        If there is no such folder.
    """
    notes: list[str] = []
    with Folder(folder) as tree:
        return read_others(tree, _beside(list(tree.files(_LISTED))), notes), notes


def _beside(paths: list[str]) -> dict[str, str]:
    return {path: path for path in paths if path != TIMESTAMP and not is_notebook(path)}


def read_others(
    source: Folder | Archive, paths: dict[str, str], notes: list[str]
) -> dict[str, bytes]:
    """
    Read the files beside a notebook, as many as fit.

    Parameters
    ----------
    source : Folder or Archive
        Where they are.
    paths : dict
        For each name in the submission the path in the source.
    notes : list of str
        Gets a sentence for each file that is left out.

    Returns
    -------
    dict
        The contents by name.
    """
    files: dict[str, bytes] = {}
    room = MAX_OTHERS
    for name, path in paths.items():
        if len(files) == MAX_FILES:
            notes.append(f"Only the first {MAX_FILES} files beside the notebook were taken.")
            break
        try:
            if not name.isprintable():
                raise IntakeError(f"{printable(name)} has characters in its name that are no text.")
            files[name] = source.read(path, room)
        except IntakeError as error:
            notes.append(f"Left out: {error}")
        else:
            room -= len(files[name])
    return files


def _timestamp(tree: Folder, notes: list[str]) -> str | None:
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
    if not paths:
        return "Nothing was handed in."
    packed = any(path.lower().endswith(_ARCHIVES) for path in paths)
    advice = " Archives are not opened; unpack it first." if packed else ""
    return f"What was handed in: {', '.join(map(printable, paths[:3]))}.{advice}"


def _newest(paths: list[str], expected: str) -> str:
    """Return the notebook with the highest number that a browser or an LMS gave it."""
    numbered = [(k, path) for path in paths if (k := number_of(path, expected)) is not None]
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


def number_of(path: str, expected: str) -> int | None:
    """
    Tell by a file's name which version of the notebook it is.

    Parameters
    ----------
    path : str
        The file, for example ``line-fitting (2).ipynb``.
    expected : str
        The file name that was asked for.

    Returns
    -------
    int or None
        0 for the expected name in any spelling, k for its k-th download or upload, -1 for a copy,
        None for another name.
    """
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
