"""Exporters for ``nbgrader export``: nbgrader's own columns, and files for Canvas and Moodle.

Each reads the gradebook with a handful of queries, so that the time grows with the class and not
with its square. ``nbgrader export`` uses :class:`CsvExporter`; the others are asked for by name::

    nbgrader export --exporter grading.exports.CanvasExporter
    nbgrader export --exporter grading.exports.MoodleExporter
"""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from nbgrader.api import (
    Assignment,
    Grade,
    Gradebook,
    MissingEntry,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.plugins import CsvExportPlugin, ExportPlugin
from sqlalchemy import case, func, select

from grading.spreadsheet import csv_text

DIGITS = 4  # a learning platform shows two; more would be the rounding of the sums


@dataclass(frozen=True)
class Submission:
    """What the gradebook holds about one submission, under nbgrader's names."""

    timestamp: datetime | None
    score: float
    late_submission_penalty: float
    needs_manual_grade: bool

    @property
    def total(self) -> float:
        """The score after the penalty, as nbgrader counts it."""
        return max(0.0, self.score - self.late_submission_penalty)


class Marks:
    """
    The gradebook as exporters read it, fetched at once.

    It has those parts of :class:`nbgrader.api.Gradebook` that nbgrader's own exporter uses.
    """

    def __init__(self, gradebook: Gradebook) -> None:
        self._gradebook = gradebook

    @cached_property
    def assignments(self) -> list[Assignment]:
        """The assignments, in nbgrader's order."""
        return list(self._gradebook.assignments)

    @cached_property
    def students(self) -> list[Student]:
        """The students, in nbgrader's order."""
        return list(self._gradebook.students)

    def find_submission(self, assignment: str, student: str) -> Submission:
        """
        Return a submission.

        Parameters
        ----------
        assignment, student : str
            The name of the assignment and the id of the student.

        Raises
        ------
        nbgrader.api.MissingEntry
            If the student handed nothing in.
        """
        found = self.get(assignment, student)
        if found is None:
            raise MissingEntry(f"No such submission: {assignment} for {student}")
        return found

    def get(self, assignment: str, student: str) -> Submission | None:
        """Return a submission, None where the student handed nothing in."""
        return self._submissions.get((assignment, student))

    @cached_property
    def _submissions(self) -> dict[tuple[str, str], Submission]:
        of = SubmittedNotebook.assignment_id
        graded = (
            select(
                of.label("id"),
                func.sum(Grade.score).label("score"),
                func.max(case((Grade.needs_manual_grade, 1), else_=0)).label("waits"),
            )
            .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
            .group_by(of)
            .subquery()
        )
        late = (
            select(of.label("id"), func.sum(SubmittedNotebook.late_submission_penalty).label("sum"))
            .group_by(of)
            .subquery()
        )
        rows = self._gradebook.db.execute(
            select(
                Assignment.name,
                SubmittedAssignment.student_id,
                SubmittedAssignment.timestamp,
                func.coalesce(graded.c.score, 0.0),
                func.coalesce(late.c.sum, 0.0),
                func.coalesce(graded.c.waits, 0),
            )
            .select_from(SubmittedAssignment)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .outerjoin(graded, graded.c.id == SubmittedAssignment.id)
            .outerjoin(late, late.c.id == SubmittedAssignment.id)
        )
        return {
            (name, student): Submission(timestamp, score, penalty, bool(waits))
            for name, student, timestamp, score, penalty, waits in rows
        }


class CsvExporter(CsvExportPlugin):
    """
    nbgrader's own file, byte for byte, without its query for each student and assignment.

    Where a sum of scores is not exact in binary, such as 0.1 + 0.2, its last digit depends on the
    order in which the database adds, in nbgrader's own exporter too.
    """

    def export(self, gradebook: Gradebook) -> None:
        """
        Write the file.

        Parameters
        ----------
        gradebook : nbgrader.api.Gradebook
            The gradebook.
        """
        try:
            super().export(Marks(gradebook))
        except OSError as error:
            _stop(self.to or "grades.csv", error)


class LmsExporter(ExportPlugin):
    """
    A file with a row for each student and a column for each assignment.

    A cell is empty where nothing was handed in, because what that costs is for the course to say,
    and where a person has still to mark a part: the mark so far would be read as the mark. The log
    names those submissions.
    """

    file_name: str

    def export(self, gradebook: Gradebook) -> None:
        """
        Write the file.

        Parameters
        ----------
        gradebook : nbgrader.api.Gradebook
            The gradebook.
        """
        path = Path(self.to or self.file_name)
        marks = Marks(gradebook)
        assignments = self._chosen("assignment", {a.name: a for a in marks.assignments})
        students = self._chosen("student", {s.id: s for s in marks.students})
        table = [(s, [marks.get(a.name, s.id) for a in assignments]) for s in students]
        rows = ([*self.identify(student), *map(_cell, found)] for student, found in table)
        try:
            path.write_text(csv_text([*self.head(assignments), *rows]), encoding="utf-8")
        except OSError as error:
            _stop(str(path), error)
        self.log.info("Exported grades to %s", path)
        for k, assignment in enumerate(assignments):
            waiting = [s.id for s, found in table if (m := found[k]) and m.needs_manual_grade]
            if waiting:
                where = f"{assignment.name} is left empty where a person has still to mark a part"
                self.log.warning("%s: %s", where, ", ".join(waiting))

    def head(self, assignments: list[Assignment]) -> Iterator[list[Any]]:
        """Yield the rows above the students."""
        raise NotImplementedError

    def identify(self, student: Student) -> list[Any]:
        """Return the cells by which the platform finds a student."""
        raise NotImplementedError

    def _chosen(self, kind: str, known: dict[str, Any]) -> list[Any]:
        """Return what ``--student`` or ``--assignment`` asks for, all where they ask for nothing."""
        asked = [str(item) for item in getattr(self, kind)]
        for name in asked:
            if name not in known:
                sys.exit(f"The gradebook has no {kind} {name}, so nothing was written.")
        return [item for name, item in known.items() if not asked or name in asked]


class CanvasExporter(LmsExporter):
    """
    A file for Canvas: Grades, Import.

    Canvas finds a student by its own number, which stands in nbgrader's ``lms_user_id``, else by
    the login, which is nbgrader's student id, else by the name.
    """

    file_name = "canvas.csv"

    def head(self, assignments: list[Assignment]) -> Iterator[list[Any]]:
        """Yield the names of the columns, and the row with the points of each assignment."""
        who = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
        yield [*who, *(assignment.name for assignment in assignments)]
        points = (round(assignment.max_score, DIGITS) for assignment in assignments)
        yield ["    Points Possible", *[None] * 4, *points]

    def identify(self, student: Student) -> list[Any]:
        """Return name, number, no SIS number, login, no section."""
        name = ", ".join(filter(None, [student.last_name, student.first_name]))
        return [name or student.id, student.lms_user_id, None, student.id, None]


class MoodleExporter(LmsExporter):
    """
    A file for Moodle: Grades, Import, CSV file.

    Moodle asks which column finds a student: the id number, which stands in nbgrader's
    ``lms_user_id``, the user name, which is nbgrader's student id, or the e-mail address.
    """

    file_name = "moodle.csv"

    def head(self, assignments: list[Assignment]) -> Iterator[list[Any]]:
        """Yield the names of the columns."""
        who = ["ID number", "Username", "Email address", "Full name"]
        yield [*who, *(assignment.name for assignment in assignments)]

    def identify(self, student: Student) -> list[Any]:
        """Return id number, user name, e-mail address and full name."""
        name = " ".join(filter(None, [student.first_name, student.last_name]))
        return [student.lms_user_id, student.id, student.email, name]


def _cell(submission: Submission | None) -> float | None:
    """Return what stands in the file for a submission."""
    if submission is None or submission.needs_manual_grade:
        return None
    return round(submission.total, DIGITS)


def _stop(path: str, error: OSError) -> None:
    """End the command with a sentence."""
    sys.exit(f"{path} could not be written: {error.strerror}. Name another file with --to.")
