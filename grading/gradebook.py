"""The one writer of marks: it merges records into nbgrader's gradebook, in bulk."""

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.dbutil import ALEMBIC_DIR
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import parse_utc
from sqlalchemy import (
    Connection,
    Engine,
    Row,
    Table,
    bindparam,
    create_engine,
    func,
    insert,
    make_url,
    select,
    update,
)
from sqlalchemy.exc import SQLAlchemyError
from traitlets.config import Config

from grading.course import CourseError
from helpers.codec import Plain

BUSY_SECONDS = 30
AT_ONCE = 500  # students in one statement, because databases limit its parameters

_ASSIGNMENT: Table = api.Assignment.__table__
_NOTEBOOK: Table = api.Notebook.__table__
_CELL: Table = api.BaseCell.__table__
_STUDENT: Table = api.Student.__table__
_SUBMISSION: Table = api.SubmittedAssignment.__table__
_SUBMITTED: Table = api.SubmittedNotebook.__table__
_GRADE: Table = api.Grade.__table__
_COMMENT: Table = api.Comment.__table__
_WRITTEN = (_STUDENT, _SUBMISSION, _SUBMITTED, _GRADE, _COMMENT)

# foreign keys by which nbgrader's pages look things up and that no unique index begins with
_INDEXED = (
    _SUBMISSION.c.student_id,
    _SUBMITTED.c.assignment_id,
    _GRADE.c.notebook_id,
    _COMMENT.c.notebook_id,
)

# what a database says, and what that means for the person who meets it
_CAUSES = {
    "read-?only|permission denied": "it may only be read. Get the right to write to it"
    " (for a file: to its folder as well)",
    "disk is full|No space left|could not extend": "the disk is full. Make room",
    "is locked|lock timeout|deadlock": "another program holds it. Close formgrader and wait for the end of"
    " other nbgrader commands",
    "not a database|malformed": "the file is damaged or holds something else. Put a copy of the"
    " gradebook in its place",
    "unable to open": "the file cannot be opened. Look at the rights of its folder",
    "No module named": "the driver for this database is missing. For PostgreSQL install it with"
    " `pip install 'psycopg[binary]'`",
    "connection failed|connect to server|connection to server": "its server does not answer. Start"
    " it, or correct c.CourseDirectory.db_url in nbgrader_config.py",
}


class GradebookError(CourseError):
    """The gradebook could not be written; the text says why and what to do."""


@dataclass(frozen=True)
class Change:
    """An automatic score that a regrade changed; None waits for a person."""

    student: str
    question: str
    old: float
    new: float | None

    def __str__(self) -> str:
        new = "a person has to mark it" if self.new is None else f"{self.new:g}"
        return f"{self.student}, {self.question}: {self.old:g} before, now {new}"


@dataclass(frozen=True)
class _Unit:
    """What the gradebook knows of a released unit; cells have their ids by name."""

    assignment: str
    duedate: datetime | None
    notebook: str
    grades: dict[str, str]
    solutions: dict[str, str]
    tasks: dict[str, str]


class GradebookWriter:
    """
    Writes the marks of a unit into nbgrader's gradebook, as ``nbgrader autograde`` leaves them.

    Use it as a context manager; opening it already tells whether writing will work. While it
    writes, other writers wait, on SQLite and on PostgreSQL. What a person entered stays as it is.

    The first opening adds four indexes, ``downhill_*``, for nbgrader's own pages and export, which
    need a third of the time with them; the writer does without. ``DROP INDEX`` takes them back.

    Parameters
    ----------
    db_url : str
        nbgrader's ``c.CourseDirectory.db_url``.
    unit : str
        The assignment.
    notebook : str
        The name of its notebook, without ``.ipynb``.
    config : traitlets.config.Config, optional
        nbgrader's configuration; it names the plug-in for late penalties.

    Raises
    ------
    GradebookError
        When it is opened: if the gradebook is missing, may not be written, is of another version
        of nbgrader, or does not know the unit.
    """

    def __init__(self, db_url: str, unit: str, notebook: str, config: Config | None = None) -> None:
        self._url, self._unit, self._notebook = db_url, unit, notebook
        self._config = config

    def __enter__(self) -> "GradebookWriter":
        with self._told():
            self._engine = _connect(self._url)
        try:
            with self._transaction() as connection:
                self._released(connection)
                _add_indexes(connection)
        except GradebookError:
            self._engine.dispose()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._engine.dispose()

    def write(self, records: Iterable[Plain]) -> list[Change]:
        """
        Merge records into the gradebook, all of them or, after an error, none.

        Parameters
        ----------
        records : iterable of dict
            ``student``, ``scores`` (one for each grade cell, None where a person has to mark),
            ``attempted`` (for each solution cell) and, where known, ``timestamp`` (the text of
            ``timestamp.txt``). Those with a ``failure`` are left out; of two records of one
            student the last counts.

        Returns
        -------
        list of Change
            The automatic scores that were in the gradebook and are others now.

        Raises
        ------
        GradebookError
            If the records are not of the released cells, or the gradebook cannot be written.
        """
        latest = list({r["student"]: r for r in records if "failure" not in r}.values())
        with self._transaction() as connection:
            merge = _Merge(connection, self._released(connection), self._config)
            changes = []
            for first in range(0, len(latest), AT_ONCE):
                changes += merge.write(latest[first : first + AT_ONCE])
        return changes

    def enter(self, students: Iterable[Any]) -> None:
        """
        Enter students with the names and ids that an LMS gave them; what is there stays.

        Parameters
        ----------
        students : iterable of grading.collect.Student
            Those who handed in.

        Raises
        ------
        GradebookError
            If the gradebook cannot be written.
        """
        told = {student.id: student for student in students}
        with self._transaction() as connection:
            columns = (_STUDENT.c.id, _STUDENT.c.last_name, _STUDENT.c.lms_user_id)
            found = connection.execute(select(*columns).where(_STUDENT.c.id.in_(told))).all()
            known = {row.id for row in found}
            bare = [row.id for row in found if not row.last_name and not row.lms_user_id]
            if new := [{"id": name, **_names(told[name])} for name in told if name not in known]:
                connection.execute(insert(_STUDENT), new)
            for name in bare:
                connection.execute(
                    update(_STUDENT).where(_STUDENT.c.id == name).values(**_names(told[name]))
                )

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        with self._told(), self._engine.begin() as connection:
            _check_revision(connection)
            _keep_others_waiting(connection)
            yield connection

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what goes wrong into a sentence that names the gradebook."""
        try:
            yield
        except _Refused as error:
            raise self._error(str(error)) from None
        except (SQLAlchemyError, ImportError, UnicodeError) as error:
            raise self._error(_cause(str(getattr(error, "orig", None) or error))) from None

    def _error(self, cause: str) -> GradebookError:
        text = f"Nothing was written to the gradebook {self._place()}: {cause}"
        return GradebookError(f"{text}, then run the command again.")

    def _place(self) -> str:
        """Return where the gradebook is, without a password."""
        try:
            return make_url(self._url).render_as_string(hide_password=True)
        except SQLAlchemyError:
            return "that c.CourseDirectory.db_url names"

    def _released(self, connection: Connection) -> _Unit:
        """Return the unit as the gradebook has it since its release."""
        query = select(_ASSIGNMENT.c.id, _ASSIGNMENT.c.duedate)
        found = connection.execute(query.where(_ASSIGNMENT.c.name == self._unit)).first()
        if found is None:
            raise _Refused(f"it has no assignment {self._unit}. Run `downhill release`")
        query = select(_NOTEBOOK.c.name, _NOTEBOOK.c.id)
        notebooks = _pairs(connection, query.where(_NOTEBOOK.c.assignment_id == found.id))
        if list(notebooks) != [self._notebook]:
            raise _Refused(
                f"its assignment {self._unit} has the notebooks {_listed(notebooks)}, where source/ "
                f"has {self._notebook} alone. Make both the same and run `downhill release`"
            )
        notebook = notebooks[self._notebook]
        cells: dict[str, dict[str, str]] = {"GradeCell": {}, "SolutionCell": {}, "TaskCell": {}}
        query = select(_CELL.c.type, _CELL.c.name, _CELL.c.id).order_by(_CELL.c.name)
        for row in connection.execute(query.where(_CELL.c.notebook_id == notebook)):
            cells[row.type][row.name] = row.id
        return _Unit(found.id, found.duedate, notebook, *cells.values())


def _names(student: Any) -> dict[str, str | None]:
    """Return a student's columns: the last word of a name is the last name."""
    first, _, last = student.name.rpartition(" ")
    columns = {"first_name": first, "last_name": last, "lms_user_id": student.lms_user_id}
    return {column: text or None for column, text in columns.items()}


class _Refused(Exception):
    """The gradebook is not one to write to; the text is the end of a sentence."""


def _cause(text: str) -> str:
    """Return what a database's message means, the end of a sentence that says what to do."""
    known = (cause for words, cause in _CAUSES.items() if re.search(words, text))
    return next(known, f"{text.strip().partition(chr(10))[0].rstrip('.')}. Mend that")


def _connect(db_url: str) -> Engine:
    """Return the engine for a gradebook, which has to exist."""
    url = make_url(db_url)
    if url.get_backend_name() == "sqlite":
        file = url.database or ""
        if not file.startswith("file:") and not Path(file).is_file():
            raise _Refused("there is no such file. Run `downhill release`, which makes it")
        # transactions begin where this module says so
        settings: dict[str, Any] = {"timeout": BUSY_SECONDS, "isolation_level": None}
    elif url.get_backend_name() == "postgresql":
        settings = {"connect_timeout": BUSY_SECONDS}
    else:
        raise _Refused(
            "gradebooks are kept in SQLite or PostgreSQL. "
            "Correct c.CourseDirectory.db_url in nbgrader_config.py"
        )
    return create_engine(url, connect_args=settings, pool_pre_ping=True)


def _keep_others_waiting(connection: Connection) -> None:
    """Let no one else write until the transaction ends; reading goes on."""
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        names = ", ".join(table.name for table in _WRITTEN)
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{BUSY_SECONDS}s'")
        connection.exec_driver_sql(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")


def _add_indexes(connection: Connection) -> None:
    for column in _INDEXED:
        place = f"{column.table.name} ({column.name})"
        name = f"downhill_{column.table.name}_{column.name}"
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS {name} ON {place}")


def _check_revision(connection: Connection) -> None:
    """Refuse a gradebook that is of another version than the nbgrader that is installed."""
    known = _revisions()
    found = MigrationContext.configure(connection).get_current_heads()
    if not found:
        raise _Refused("it holds no tables of nbgrader. Run `downhill release`")
    if not set(found) <= set(known):
        raise _Refused(
            f"its version {_listed(found)} is unknown to the nbgrader that is installed, which "
            f"writes {known[0]}. Install the nbgrader that made it"
        )
    if found != known[:1]:
        raise _Refused(
            f"its version {_listed(found)} is older than {known[0]}, which the nbgrader that is "
            "installed writes. Make a copy of the gradebook and run `nbgrader db upgrade`"
        )


@cache
def _revisions() -> tuple[str, ...]:
    """Return the versions of the gradebook that nbgrader knows, the present one first."""
    return tuple(script.revision for script in ScriptDirectory(ALEMBIC_DIR).walk_revisions())


class _Merge:
    """The steps of one transaction: rows of submissions, then grades, comments and penalties."""

    def __init__(self, connection: Connection, unit: _Unit, config: Config | None) -> None:
        self.connection, self.unit, self.config = connection, unit, config

    def write(self, records: list[Plain]) -> list[Change]:
        """Merge the records of some students; return what changed in their marks."""
        for record in records:
            self._refuse_other_cells(record)
        self._enter({record["student"]: _timestamp(record) for record in records})
        submitted = self._submitted([record["student"] for record in records])
        changes = list(self._merge_grades(records, submitted))
        self._merge_comments(records, submitted)
        self._merge_penalties(list(submitted.values()))
        return changes

    def _refuse_other_cells(self, record: Plain) -> None:
        unit = self.unit
        for names, wanted in (
            (set(record["scores"]), set(unit.grades)),
            (set(record["attempted"]), set(unit.solutions)),
        ):
            odd = (wanted - names) | (names - wanted - set(unit.tasks))
            if odd:
                raise _Refused(
                    f"the record of {record['student']} and the gradebook do not have the same "
                    f"cells; they differ in {_listed(odd)}. Run `downhill release`"
                )

    def _enter(self, times: dict[str, datetime | None]) -> None:
        """Make the rows of students, submissions and notebooks that are missing."""
        query = select(_STUDENT.c.id).where(_STUDENT.c.id.in_(times))
        known = set(self.connection.scalars(query))
        self._insert(_STUDENT, [{"id": student} for student in times if student not in known])
        found = {row.student_id: row for row in self._submissions(times)}
        self._insert(
            _SUBMISSION,
            [
                {"assignment_id": self.unit.assignment, "student_id": student, "timestamp": time}
                for student, time in times.items()
                if student not in found
            ],
        )
        self._update(
            _SUBMISSION,
            [
                {"key": row.id, "timestamp": times[student]}
                for student, row in found.items()
                if times[student] not in (None, row.timestamp)
            ],
        )
        self._insert(
            _SUBMITTED,
            [
                {"assignment_id": row.id, "notebook_id": self.unit.notebook}
                for row in self._submissions(times)
                if row.submitted is None
            ],
        )

    def _submissions(self, students: Iterable[str]) -> list[Row[Any]]:
        """Return what the gradebook has of students' submissions."""
        own = (_SUBMITTED.c.assignment_id == _SUBMISSION.c.id) & (
            _SUBMITTED.c.notebook_id == self.unit.notebook
        )
        query = (
            select(
                *(_SUBMISSION.c.id, _SUBMISSION.c.student_id),
                *(_SUBMISSION.c.timestamp, _SUBMISSION.c.extension),
                _SUBMITTED.c.id.label("submitted"),
                _SUBMITTED.c.late_submission_penalty,
            )
            .join_from(_SUBMISSION, _SUBMITTED, own, isouter=True)
            .where(_SUBMISSION.c.assignment_id == self.unit.assignment)
            .where(_SUBMISSION.c.student_id.in_(students))
        )
        return list(self.connection.execute(query))

    def _submitted(self, students: list[str]) -> dict[str, Row[Any]]:
        return {row.student_id: row for row in self._submissions(students)}

    def _merge_grades(
        self, records: list[Plain], submitted: dict[str, Row[Any]]
    ) -> Iterator[Change]:
        """Write automatic scores; those of tasks are a person's alone."""
        cells = self.unit.grades | self.unit.tasks
        found = self._marked(_GRADE, cells, submitted)
        new, changed = [], []
        for record in records:
            notebook = submitted[record["student"]].submitted
            for name, cell in cells.items():
                score = record["scores"].get(name)
                row = found.get((cell, notebook))
                if row is None:
                    key = {"cell_id": cell, "notebook_id": notebook}
                    needed = score is None
                    new.append({**key, "auto_score": score, "needs_manual_grade": needed})
                elif name in self.unit.grades:
                    # a manual score is to be looked at again, as nbgrader has it
                    needed = score is None or row.manual_score is not None
                    if (row.auto_score, row.needs_manual_grade) != (score, needed):
                        values = {"auto_score": score, "needs_manual_grade": needed}
                        changed.append({"key": row.id, **values})
                    if row.auto_score not in (None, score):
                        yield Change(record["student"], name, row.auto_score, score)
        self._insert(_GRADE, new)
        self._update(_GRADE, changed)

    def _merge_comments(self, records: list[Plain], submitted: dict[str, Row[Any]]) -> None:
        """Say "No response." where nobody wrote an answer; nbgrader never says it of a task."""
        cells = self.unit.solutions | self.unit.tasks
        found = self._marked(_COMMENT, cells, submitted)
        new, changed = [], []
        for record in records:
            notebook = submitted[record["student"]].submitted
            for name, cell in cells.items():
                empty = name in self.unit.solutions and not record["attempted"][name]
                comment = "No response." if empty else None
                row = found.get((cell, notebook))
                if row is None:
                    key = {"cell_id": cell, "notebook_id": notebook}
                    new.append({**key, "auto_comment": comment})
                elif row.auto_comment != comment:
                    changed.append({"key": row.id, "auto_comment": comment})
        self._insert(_COMMENT, new)
        self._update(_COMMENT, changed)

    def _marked(
        self, table: Table, cells: dict[str, str], submitted: dict[str, Row[Any]]
    ) -> dict[tuple[str, str], Row[Any]]:
        """Return the rows of cells of submitted notebooks, by the ids of both."""
        # both columns are asked for, because their unique index begins with the cell
        query = (
            select(table)
            .where(table.c.cell_id.in_(cells.values()))
            .where(table.c.notebook_id.in_([row.submitted for row in submitted.values()]))
        )
        return {(row.cell_id, row.notebook_id): row for row in self.connection.execute(query)}

    def _merge_penalties(self, submitted: list[Row[Any]]) -> None:
        late = {row.submitted: row for row in submitted if self._seconds_late(row) > 0}
        scores = self._scores(list(late)) if late else {}
        penalties = {key: self._penalty(row, scores.get(key, 0.0)) for key, row in late.items()}
        self._update(
            _SUBMITTED,
            [
                {"key": row.submitted, "late_submission_penalty": penalties.get(row.submitted)}
                for row in submitted
                if row.late_submission_penalty != penalties.get(row.submitted)
            ],
        )

    def _seconds_late(self, row: Row[Any]) -> float:
        if row.timestamp is None or self.unit.duedate is None:
            return 0
        late = row.timestamp - self.unit.duedate
        return (late - row.extension if row.extension else late).total_seconds()

    def _scores(self, notebooks: list[str]) -> dict[str, float]:
        """Return the scores of submitted notebooks, by nbgrader's own rule."""
        cells = (self.unit.grades | self.unit.tasks).values()
        query = (
            select(_GRADE.c.notebook_id, func.sum(api.Grade.score))
            .where(_GRADE.c.cell_id.in_(cells), _GRADE.c.notebook_id.in_(notebooks))
            .group_by(_GRADE.c.notebook_id)
        )
        return _pairs(self.connection, query)

    def _penalty(self, row: Row[Any], score: float) -> float | None:
        """Ask the instructor's plug-in, and keep what it says within nbgrader's bounds."""
        try:
            penalty = self._plugin.late_submission_penalty(
                row.student_id, score, self._seconds_late(row)
            )
        except Exception as error:
            raise _Refused(
                f"the plug-in for late penalties failed for {row.student_id} with "
                f"{type(error).__name__}: {error}. Correct it"
            ) from None
        if penalty is None:
            return None
        return 0.0 if penalty < 0 else min(penalty, score)

    @cached_property
    def _plugin(self) -> Any:
        """The plug-in for late penalties that nbgrader's configuration names."""
        preprocessor = AssignLatePenalties(config=self.config)
        preprocessor.init_plugin()
        return preprocessor.plugin_inst

    def _insert(self, table: Table, rows: list[Plain]) -> None:
        if rows:
            self.connection.execute(insert(table), rows)

    def _update(self, table: Table, rows: list[Plain]) -> None:
        """Update rows by their ids, given as ``key``."""
        if rows:
            self.connection.execute(update(table).where(table.c.id == bindparam("key")), rows)


def _timestamp(record: Plain) -> datetime | None:
    """Return when a notebook was handed in, in UTC, as nbgrader reads it; None if not known."""
    text = record.get("timestamp")
    try:
        return parse_utc(text) if text else None
    except (ValueError, OverflowError):
        raise _Refused(
            f"the time at which {record['student']} handed in is {text!r}. "
            "Write it in timestamp.txt like 2026-02-27 18:30:00 UTC"
        ) from None


def _pairs(connection: Connection, query: Any) -> dict[str, Any]:
    return {name: value for name, value in connection.execute(query)}


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
