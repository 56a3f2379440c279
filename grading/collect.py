"""Collect a class's notebooks into ``submitted/``: a folder, an LMS's download, nbgrader's exchange.

Every file is known by its path alone, so a download may be given packed or unpacked:

- Canvas, ``lovelaceada_LATE_1234_5678_line-fitting-1.ipynb``. The student's id is Canvas's user id,
  by which its gradebook matches rows; a name may change.
- Moodle, ``Ada Lovelace_1234_assignsubmission_file_/line-fitting.ipynb``. The number is another one
  in every assignment, so the student's id is the name. The number is what the assignment's own
  grading worksheet matches by.
- nbgrader's exchange, ``ada+1-line-fitting+2026-03-01 10:00:00 UTC+x/line-fitting.ipynb``.
- ``ada/line-fitting.ipynb`` or ``ada.ipynb``.
"""

import errno
import hashlib
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from grading.course import CourseError
from grading.intake import (
    MAX_NOTEBOOK,
    TIMESTAMP,
    IntakeError,
    choose_notebook,
    is_notebook,
    number_of,
    read_others,
    utc,
)
from grading.untrusted import Archive, Folder, printable

MAX_ENTRIES = 100_000  # files of a whole class that are looked at
CANVAS = re.compile(
    r"(?P<name>\w+?)(?P<late>_LATE)?_(?P<student_id>\d+)_(?P<upload>\d+)_(?P<file_id>[^/]+)"
)
MOODLE = re.compile(
    r"(?P<name>[^/]+?)_(?P<lms_id>\d+)_assignsubmission_(?:file|onlinetext)_?/?(?P<file_id>.+)"
)
EXCHANGE = (
    re.compile(  # an id may hold a +, as may the time's zone; 12 characters are nbgrader's salt
        r"(?P<student_id>[^/]+?)\+(?P<unit>[^+/]+)\+(?P<time>\d{4}-[^/]*?|[^+/]*?)(?:\+[\w=-]{12})?"
        r"/(?P<file_id>.+)"
    )
)
_FOLDER = re.compile(r"(?P<student_id>[^/]+)/(?P<file_id>.+)")
_ALONE = re.compile(
    r"(?P<student_id>[^/]+?)(?: \((?P<again>\d{1,2})\))?\.ipynb(?:\.txt|\.json)?", re.IGNORECASE
)
_ANONYMOUS = re.compile(r"(LATE_)?anon_\w{5}_\d+_")
_LAYOUTS = (EXCHANGE, MOODLE, CANVAS, _FOLDER, _ALONE)
_NO_NAME = (errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENAMETOOLONG)


@dataclass(frozen=True)
class Student:
    """Who handed in; ``id`` is the folder's name and nbgrader's id."""

    id: str
    name: str = ""
    lms_user_id: str = ""


@dataclass
class Collected:
    """What was collected for a unit: each submission found is in ``students`` or ``failures``."""

    unit: str
    students: list[Student] = field(default_factory=list)
    failures: list[tuple[str, str]] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    unchanged: int = 0

    def lines(self) -> list[str]:
        """Return what to tell the instructor."""
        found = len(self.students) + len(self.failures)
        before = f" ({self.unchanged} of them as before)" if self.unchanged else ""
        noted = [(student.id, note) for student in self.students for note in self.notes[student.id]]
        return [
            f"{self.unit}: {found} submissions found, {len(self.students)} collected{before}, "
            f"{len(self.failures)} not.",
            *(f"Not collected: {who}: {why}" for who, why in self.failures),
            *(f"{student}: {note}" for student, note in noted),
        ]


def collect(source: Path, course: Path, unit: str) -> Collected:
    """
    Put each notebook of a class into ``submitted/<student>/<unit>/``.

    Parameters
    ----------
    source : pathlib.Path
        A folder, or a zip as an LMS gives it.
    course : pathlib.Path
        The course folder.
    unit : str
        The unit that was handed in.

    Returns
    -------
    Collected
        The students whose work is there now, and a reason for each submission that is not.
        Work of the same student is replaced, but never by an older one.

    Raises
    ------
    IntakeError
        If the source can't be read at all.
    CourseError
        If the course has no such unit.
    """
    expected = notebook_name(course, unit)
    collected = Collected(unit)
    with Archive(source) if source.is_file() else Folder(source.resolve()) as tree:
        people = _people(tree, unit, expected, collected.failures)
        for person, student in zip(people, _students(people), strict=True):
            target = course / "submitted" / student.id / unit
            try:
                as_before = _store(_content(tree, person, expected), target, person.notes)
            except (IntakeError, OSError) as error:
                why = f"{error.strerror or error}." if isinstance(error, OSError) else str(error)
                collected.failures.append((printable(person.label), why))
            else:
                collected.students.append(student)
                collected.notes[student.id] = person.notes
                collected.unchanged += as_before
    return collected


def notebook_name(course: Path, unit: str) -> str:
    """
    Return the file name of the only notebook of a unit.

    Parameters
    ----------
    course : pathlib.Path
        The course folder.
    unit : str
        The unit.

    Raises
    ------
    CourseError
        If there is no such unit, or not one notebook in it.
    """
    notebooks = sorted((course / "source" / unit).glob("*.ipynb"))
    if len(notebooks) != 1:
        raise CourseError(
            f"source/{unit} has {len(notebooks)} notebooks, and one is needed to collect its "
            "submissions. The units are the folders in source/."
        )
    return notebooks[0].name


@dataclass(frozen=True)
class _File:
    """One file of a submission: where it is, its name in the submission, which one it is."""

    path: str
    name: str
    order: tuple[str, int]  # the time or the number of the submission
    upload: int
    late: bool


@dataclass
class _Person:
    """Whose files they are, as the paths tell."""

    given: str  # the id that the path gives, "" for Moodle, which gives none
    name: str
    lms_id: str
    files: list[_File] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        """What an instructor finds the person by."""
        return f"{self.name} ({self.lms_id})" if self.name else self.given

    def note(self, text: str) -> None:
        """Keep a sentence, once."""
        if text not in self.notes:
            self.notes.append(text)


def _people(
    tree: Folder | Archive, unit: str, expected: str, failures: list[tuple[str, str]]
) -> list[_Person]:
    """Sort all files by the people that handed them in; note what is nobody's."""
    people: dict[tuple[str, str], _Person] = {}
    paths = list(tree.files(MAX_ENTRIES))
    if len(paths) == MAX_ENTRIES:
        failures.append(("the rest", f"Only the first {MAX_ENTRIES} files were looked at."))
    top = _common_folder(paths, expected)
    for path in paths:
        parts = _parts(path.removeprefix(top))
        if parts.get("unit", unit) != unit:
            continue  # the exchange holds all units
        if why := _not_usable(path, path.removeprefix(top), parts, expected):
            failures.append((printable(path), why))
            continue
        given, name, lms_id = (parts.get(k, "") for k in ("student_id", "name", "lms_id"))
        lms_id = lms_id or (given if name else "")  # Canvas's id is both
        # Canvas's id is the same person under any name; in Moodle two people may share a name
        key = (given, "") if given else (name, lms_id)
        person = people.setdefault(key, _Person(given, name, lms_id))
        person.files.append(file := _file(path, parts, expected))
        if "time" in parts and not file.order[0]:
            person.note(f"The time of submission is unknown: {printable(parts['time'])!r}.")
    return list(people.values())


def _parts(path: str) -> dict[str, str]:
    """Return what a path tells, {} if it has no known layout."""
    for layout in _LAYOUTS:
        if match := layout.fullmatch(path):
            return {key: text for key, text in match.groupdict().items() if text}
    return {}


def _not_usable(path: str, inside: str, parts: dict[str, str], expected: str) -> str:
    """Say why a file is nobody's, "" if it is somebody's."""
    if path.startswith("/") or ".." in path.split("/"):
        return "Its path leads out of the folder; it was not opened."
    if "name" not in parts and _ANONYMOUS.match(inside):
        return "It has no student's id. Turn anonymous grading off in Canvas and download again."
    if not parts:
        return "It is no notebook (.ipynb), or its name does not tell whose it is."
    whose = parts.get("student_id") or parts["name"]
    unnamed = "file_id" not in parts and number_of(inside, expected) is not None
    if unnamed or not safe_id(whose):
        return "Its name does not tell whose it is; name it after the student's id."
    return ""


def _file(path: str, parts: dict[str, str], expected: str) -> _File:
    order = (utc(parts.get("time", "")) or "", int(parts.get("again", "0")))
    upload = int(parts.get("upload", "0")[:18])
    return _File(path, parts.get("file_id", expected), order, upload, "late" in parts)


def _common_folder(paths: list[str], expected: str) -> str:
    """Return the folder, with its slash, that a whole class was packed in; "" if there is none."""
    top = paths[0].partition("/")[0] + "/" if paths else ""
    if not all(path.startswith(top) for path in paths):
        return ""
    downloads = (EXCHANGE, MOODLE, CANVAS)
    if any(layout.fullmatch(path) for layout in downloads for path in paths):
        return ""
    inside = [path.removeprefix(top) for path in paths]
    if any(layout.fullmatch(path) for layout in downloads for path in inside):
        return top
    people = {path.partition("/")[0] for path in inside if is_notebook(path)}
    one_student = any(number_of(name, expected) is not None for name in people)
    return top if len(people) > 1 and not one_student else ""


def safe_id(text: str) -> str:
    """
    Return a text as a student's id: a folder's name without what nbgrader or a shell would expand.

    Parameters
    ----------
    text : str
        An id or a name.

    Examples
    --------
    >>> safe_id("-Ada + Bob [2]/../x")
    'Ada-Bob-2-..-x'
    """
    return re.sub(r"[^\w.@-]+", "-", unicodedata.normalize("NFC", text)).strip("-. ")[:64]


def _students(people: list[_Person]) -> list[Student]:
    """Give everyone an id of their own; who has a usable one already keeps it."""
    ids: dict[int, str] = {}
    taken: set[str] = set()
    wanted = [person.given or person.name for person in people]
    for k in sorted(range(len(people)), key=lambda k: (safe_id(wanted[k]) != wanted[k], wanted[k])):
        own = safe_id(wanted[k])
        if own.casefold() in taken:
            # not a running number, so that the same person gets the same id again
            mark = people[k].lms_id or _digest(wanted[k])
            while own.casefold() in taken:
                own = f"{own}-{mark}"
            people[k].notes.append(
                f"Another student would have the same id, so {printable(wanted[k])!r} has this one."
            )
        elif people[k].given and own != wanted[k]:
            people[k].notes.append(f"The id was given as {printable(wanted[k])!r}.")
        taken.add(own.casefold())
        ids[k] = own
    return [
        Student(ids[k], printable(person.name), person.lms_id) for k, person in enumerate(people)
    ]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def _content(tree: Folder | Archive, person: _Person, expected: str) -> dict[str, bytes]:
    """Read the last submission of a person, the notebook under its expected name."""
    last = max(file.order for file in person.files)
    if any(file.order != last for file in person.files):
        person.notes.append("Handed in more than once; the last one counts.")
    files = [file for file in person.files if file.order == last]
    if any(file.late for file in files):
        person.notes.append("Handed in late, says the LMS.")
    files.sort(key=lambda file: file.upload)
    for earlier, later in pairwise(sorted(files, key=lambda file: file.name)):
        if earlier.name == later.name:
            both = f"{printable(earlier.path)} and {printable(later.path)}"
            if earlier.upload == later.upload:
                raise IntakeError(f"{both} are the same file of one student; keep one of them.")
            person.note(f"Of {both} the one uploaded last counts.")
    paths = {file.name: file.path for file in files}
    chosen, notes = choose_notebook(list(paths), expected)
    person.notes += notes
    content = {expected: tree.read(paths[chosen], MAX_NOTEBOOK)}
    others = {name: path for name, path in paths.items() if not is_notebook(name)}
    content |= read_others(tree, others, person.notes)
    if last[0]:
        content[TIMESTAMP] = f"{last[0]} UTC".encode()
    elif TIMESTAMP in content and not _time(content):  # nbgrader would stop at it
        del content[TIMESTAMP]
        person.note(f"The time of submission is unknown: {TIMESTAMP} holds no time.")
    return content


def _time(content: dict[str, bytes]) -> str | None:
    return utc(content.get(TIMESTAMP, b"").decode("utf-8", "replace").strip())


def _store(content: dict[str, bytes], target: Path, notes: list[str]) -> bool:
    """Write a submission in one step; return whether what was there before was kept."""
    if os.path.lexists(target):
        before = _stored(target)
        if before == content:
            return True
        old, new = _time(before), _time(content)
        if old and new and new < old:
            notes.append(f"A later submission of {old} UTC was collected before and was kept.")
            return True
        notes.append("It takes the place of an earlier submission that was collected before.")
    submitted = target.parents[1]
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = tempfile.TemporaryDirectory(prefix=".collect-", dir=submitted)
    with temporary as workshop:
        new_folder = Path(workshop) / "new"
        _write(content, new_folder, notes)
        if os.path.lexists(target):
            os.rename(target, Path(workshop) / "old")
        os.rename(new_folder, target)
    return False


def _stored(target: Path) -> dict[str, bytes]:
    """Return what was collected before, {} if it can't be read."""
    try:
        with Folder(target) as folder:
            return {p: folder.read(p, MAX_NOTEBOOK) for p in folder.files(MAX_ENTRIES)}
    except IntakeError:
        return {}


def _write(content: dict[str, bytes], folder: Path, notes: list[str]) -> None:
    for name, data in content.items():  # the notebook first
        path = folder / name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        except OSError as error:
            if error.errno not in _NO_NAME:
                raise
            notes.append(f"Left out: {printable(name)} can't have this name ({error.strerror}).")
