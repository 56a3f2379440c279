"""Collectors for ``nbgrader zip_collect``: the same downloads and names as :mod:`grading.collect`.

For example ``nbgrader zip_collect --collector=grading.zip_collect.MoodleCollector 1-line-fitting``.
They stand apart, because nbgrader takes seconds to import. nbgrader unpacks the archive itself, without
the limits of :func:`grading.collect.collect`, and stops at two students of one name.
"""

import re
from collections import defaultdict
from functools import cache
from pathlib import Path

from nbgrader.plugins import FileNameCollectorPlugin

from grading.collect import CANVAS, MOODLE, notebook_name, safe_id
from grading.intake import IntakeError, choose_notebook


class _Collector(FileNameCollectorPlugin):
    """Tells nbgrader whose a file is, and to take the one notebook that counts."""

    pattern: re.Pattern[str]

    def collect(self, submitted_file: str) -> dict[str, str] | None:
        """Return the student and the notebook's name, None for a file that does not count."""
        path = Path(submitted_file)
        parts = _parts(self.pattern, path)
        if parts is None:
            return None
        course = self.parent.coursedir
        expected = notebook_name(Path(course.root), course.assignment_id)
        student, _ = parts
        files = _by_student(self.pattern, path.parent)[student]
        try:
            chosen, _ = choose_notebook(list(files), expected)
        except IntakeError as error:
            self.log.warning("%s: %s", student, error)
            return None
        return {"student_id": student, "file_id": expected} if files[chosen] == path else None


class CanvasCollector(_Collector):
    """For Canvas's download of all submissions."""

    pattern = CANVAS


class MoodleCollector(_Collector):
    """For Moodle's download of all submissions."""

    pattern = MOODLE


def _parts(pattern: re.Pattern[str], path: Path) -> tuple[str, str] | None:
    """Return the student's id and the file's name in the submission."""
    match = pattern.fullmatch(path.name) or pattern.fullmatch(f"{path.parent.name}/{path.name}")
    if match is None:
        return None
    found = match.groupdict()
    return safe_id(found.get("student_id") or found["name"]), found["file_id"]


@cache
def _by_student(pattern: re.Pattern[str], folder: Path) -> dict[str, dict[str, Path]]:
    students: dict[str, dict[str, Path]] = defaultdict(dict)
    for path in sorted(folder.iterdir(), key=lambda path: _upload(pattern, path)):
        if parts := _parts(pattern, path):
            students[parts[0]][parts[1]] = path  # the last upload of a file counts
    return students


def _upload(pattern: re.Pattern[str], path: Path) -> int:
    match = pattern.fullmatch(path.name)
    return int(match.groupdict().get("upload") or 0) if match else 0
