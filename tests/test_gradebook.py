"""The writer of marks leaves in nbgrader's gradebook what nbgrader itself leaves, or nothing."""

import contextlib
import os
import secrets
import shutil
import sqlite3
import subprocess
import tempfile
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from threading import Barrier

import nbformat
import pytest
from nbgrader.api import Base, Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.coursedir import CourseDirectory
from nbgrader.plugins import LateSubmissionPlugin
from sqlalchemy import Engine, create_engine, event, text
from traitlets.config import PyFileConfigLoader

from grading import gradebook
from grading.course import COURSE, environment
from grading.gradebook import Change, GradebookError, GradebookWriter
from grading.rebuild import grade_id

GET_POSTGRESQL = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
RIGHT, WRONG, ANSWERED = "x = 3", "x = 4", "Because."

# what students hand in, first and again: when, the code, the written answer
HANDED_IN = (
    {
        "ada": ("2026-02-27 17:30:00 UTC", RIGHT, ANSWERED),
        "ben": ("2026-02-27 20:00:00 Europe/Berlin", WRONG, None),  # an hour late
        "cleo": (None, None, None),
        "dan": ("2026-02-27 18:00:01.5", RIGHT, ANSWERED),
    },
    {
        "ada": ("2026-02-28 09:00:00 UTC", WRONG, ANSWERED),
        "ben": ("2026-02-27 20:00:00 Europe/Berlin", RIGHT, ANSWERED),
        "cleo": (None, None, None),
        "dan": ("2026-02-27 18:00:01.5", RIGHT, None),
    },
)
DUE = datetime(2026, 2, 27, 18)
CHANGES = [
    Change("ada", "part", 1, 0),
    Change("ada", "test", 2, 0),
    Change("ben", "explain", 0, None),
    Change("ben", "part", 0, 1),
    Change("ben", "test", 0, 2),
]


def record(student, time, code, answer):
    right = code == RIGHT
    return {
        "student": student,
        "unit": "extra",
        "scores": {
            "test": 2.0 * right,
            "part": 1.0 * right,
            "explain": None if answer else 0.0,
            "project": None,
        },
        "attempted": {"answer": code is not None, "explain": bool(answer), "project": False},
        "timestamp": time,
    }


RECORDS = [[record(student, *work) for student, work in step.items()] for step in HANDED_IN]


def cell(make, source, name, points=None, **flags):
    info = {"grade_id": name, "schema_version": 3, "locked": not flags.get("solution")}
    info |= {flag: flags.get(flag, False) for flag in ("grade", "solution", "task")}
    if points:
        info["points"] = points
    return make(source, metadata={"nbgrader": info})


def configuration(folder):
    config = PyFileConfigLoader("nbgrader_config.py", str(COURSE)).load_config()
    config.CourseDirectory.root = str(folder)
    config.LateSubmissionPlugin.penalty_method = "zero"
    return config


def hand_in(folder, step):
    """Put the notebooks of a class where nbgrader finds them."""
    for student, (time, code, answer) in HANDED_IN[step].items():
        target = folder / "submitted" / student / "extra"
        target.mkdir(parents=True, exist_ok=True)
        notebook = nbformat.read(folder / "release" / "extra" / "extra.ipynb", as_version=4)
        for cell in notebook.cells:
            given = {"answer": code, "explain": answer}.get(grade_id(cell))
            cell.source = given or cell.source
        nbformat.write(notebook, target / "extra.ipynb")
        if time:
            (target / "timestamp.txt").write_text(time)


@pytest.fixture(scope="module")
def stock(tmp_path_factory):
    """Return a class that nbgrader marked twice, with a copy of its gradebook after each step."""
    folder = tmp_path_factory.mktemp("stock")
    code, words = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell
    cells = [
        cell(code, "### BEGIN SOLUTION\nx = 3\n### END SOLUTION", "answer", solution=True),
        cell(code, "assert x == 3", "test", 2, grade=True),
        cell(code, "float(x == 3)", "part", 2, grade=True),
        cell(words, "Why?", "explain", 3, grade=True, solution=True),
        cell(words, "Do something of your own.", "project", 4, task=True),
    ]
    source = folder / "source" / "extra"
    source.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source / "extra.ipynb")
    config = configuration(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", environment()["PATH"])
        nbgrader = NbGraderAPI(CourseDirectory(config=config), config=config)
        assert nbgrader.generate_assignment("extra")["success"]
        with Gradebook(f"sqlite:///{folder}/gradebook.db", "downhill") as book:
            book.update_or_create_assignment("extra", duedate=DUE)
        shutil.copy(folder / "gradebook.db", folder / "released.db")
        for step, name in enumerate(("first.db", "second.db")):
            hand_in(folder, step)
            for student in HANDED_IN[step]:
                done = nbgrader.autograde("extra", student)
                assert done["success"], done["log"] + done.get("error", "")
            shutil.copy(folder / "gradebook.db", folder / name)
            mark_by_hand(f"sqlite:///{folder}/gradebook.db")
    return folder


def mark_by_hand(url):
    """Do what people do in formgrader between two markings."""
    with Gradebook(url) as book:
        grade = book.find_grade("test", "extra", "extra", "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1, 0.5, False
        grade = book.find_grade("project", "extra", "extra", "ada")
        grade.manual_score, grade.needs_manual_grade = 4, False
        book.find_comment("explain", "extra", "extra", "ada").manual_comment = "Short."
        book.find_submission_notebook("extra", "extra", "ben").flagged = True
        book.find_submission("extra", "dan")
        book.grant_extension("extra", "dan", hours=2)
        book.db.commit()


@pytest.fixture(scope="module")
def postgres():
    """Start a PostgreSQL server that only this test sees; return the URL of its databases."""
    pytest.importorskip("psycopg")
    found = [shutil.which("initdb"), *sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))]
    initdb = next((Path(path).resolve() for path in found if path), None)
    if initdb is None:
        pytest.skip(GET_POSTGRESQL)
    # the server refuses to run as root
    root = os.geteuid() == 0
    other = {"user": "nobody", "group": "nogroup", "extra_groups": []} if root else {}
    with tempfile.TemporaryDirectory(prefix="downhill-") as name:
        data = Path(name) / "data"
        if root:
            shutil.chown(name, "nobody", "nogroup")

        def run(program, *arguments):
            command = [initdb.with_name(program), "-D", data, *arguments]
            subprocess.run(command, cwd=name, check=True, stdout=subprocess.DEVNULL, **other)

        run("initdb", "--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8")
        settings = f"-c listen_addresses='' -c fsync=off -k {name}"
        run("pg_ctl", "-w", "-l", f"{name}/log", "-o", settings, "start")
        yield f"postgresql://postgres@/{{}}?host={name}"
        run("pg_ctl", "-m", "immediate", "stop")


@pytest.fixture(params=["sqlite", "postgresql"])
def book(request, stock, tmp_path):
    """Return the URL of the class's gradebook as it is after the release."""
    if request.param == "sqlite":
        return released(stock, tmp_path)
    server = request.getfixturevalue("postgres")
    name = f"book_{secrets.token_hex(4)}"
    with connected(server.format("postgres"), isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    copy_book(f"sqlite:///{stock}/released.db", server.format(name))
    return server.format(name)


def released(stock, folder):
    shutil.copy(stock / "released.db", folder / "gradebook.db")
    return f"sqlite:///{folder}/gradebook.db"


@contextlib.contextmanager
def connected(url, **settings):
    engine = create_engine(url, **settings)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def copy_book(source, target):
    with connected(source) as old, connected(target) as new:
        Base.metadata.create_all(new)
        new.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
        version = old.scalar(text("SELECT version_num FROM alembic_version"))
        new.execute(text(f"INSERT INTO alembic_version VALUES ('{version}')"))
        for table in Base.metadata.sorted_tables:
            for row in old.execute(table.select()):
                new.execute(table.insert(), row._asdict())


def tables(url):
    """Return the rows of all tables, with names in the place of ids."""
    names, found = {}, {}
    with connected(url) as connection:
        for table in Base.metadata.sorted_tables:  # a row stands after those it refers to
            rows = [row._asdict() for row in connection.execute(table.select())]
            for row in rows:
                key = row.get("id")
                row |= {n: names.get(v, v) for n, v in row.items() if n.endswith("_id")}
                if table.name not in ("student", "course") and "id" in row:
                    parts = [row.get(n) for n in ("name", "type", "student_id", "assignment_id")]
                    names.setdefault(key, " ".join(str(part) for part in parts if part))
                    row["id"] = names[key]
                if table.name in ("grade", "comment"):
                    del row["id"]
            found[table.name] = sorted(rows, key=str)
    return found


def writer(url, unit="extra", notebook="extra", plugin=LateSubmissionPlugin):
    config = configuration(COURSE)
    config.AssignLatePenalties.plugin_class = plugin
    return GradebookWriter(url, unit, notebook, config)


def pages(url):
    """Return what nbgrader itself counts, for formgrader's tables and its export."""
    with Gradebook(url) as book:
        found = {
            "submissions": book.submission_dicts("extra"),
            "notebooks": book.notebook_submission_dicts("extra", "extra"),
            "students": book.student_dicts(),
        }
    return {
        name: sorted(({k: v for k, v in row.items() if k != "id"} for row in rows), key=str)
        for name, rows in found.items()
    }


def test_the_writer_leaves_what_nbgrader_leaves(book, stock):
    second = f"sqlite:///{stock}/second.db"
    with writer(book) as writing:
        assert writing.write(RECORDS[0]) == []
        assert tables(book) == tables(f"sqlite:///{stock}/first.db")
        mark_by_hand(book)
        assert writing.write(RECORDS[1]) == CHANGES
        assert tables(book) == tables(second)
        assert writing.write(RECORDS[1]) == []
    assert tables(book) == tables(second)
    assert pages(book) == pages(second)
    config = configuration(stock)
    config.CourseDirectory.db_url = book
    nbgrader = NbGraderAPI(CourseDirectory(config=config), config=config)
    assert nbgrader.autograde("extra", "ada")["success"]
    assert tables(book) == tables(second)


def test_the_writer_goes_on_where_nbgrader_began(stock, tmp_path):
    shutil.copy(stock / "first.db", tmp_path)
    url = f"sqlite:///{tmp_path}/first.db"
    mark_by_hand(url)
    with writer(url) as writing:
        assert writing.write(RECORDS[1]) == CHANGES
    assert tables(url) == tables(f"sqlite:///{stock}/second.db")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.db"]


def test_failures_are_left_out_and_the_last_record_of_a_student_counts(
    stock, tmp_path, monkeypatch
):
    monkeypatch.setattr(gradebook, "AT_ONCE", 2)  # the class needs several statements
    url = released(stock, tmp_path)
    failure = {"student": "eve", "unit": "extra", "failure": "The file is empty."}
    with writer(url) as writing:
        assert writing.write(iter([record("ada", None, WRONG, None), failure, *RECORDS[0]])) == []
    assert tables(url) == tables(f"sqlite:///{stock}/first.db")


def test_the_penalty_is_what_the_plug_in_says_of_late_work_within_bounds(stock, tmp_path):
    asked = []

    class Plugin(LateSubmissionPlugin):
        def late_submission_penalty(self, student_id, score, total_seconds_late):
            asked.append((student_id, score, total_seconds_late))
            return {"ada": None, "ben": 100, "dan": -1}[student_id]

    url = released(stock, tmp_path)
    with writer(url, plugin=Plugin) as writing:
        writing.write(RECORDS[1])
    assert sorted(asked) == [("ada", 0, 54000), ("ben", 3, 3600), ("dan", 3, 1.5)]
    with Gradebook(url) as book:
        submissions = book.assignment_submissions("extra")
        penalties = {s.student.id: s.late_submission_penalty for s in submissions}
    assert penalties == {"ada": 0, "ben": 3, "cleo": 0, "dan": 0}


def test_two_writers_at_once_take_turns(book):
    students, start = [f"s{k}" for k in range(10)], Barrier(2)

    def write():
        with writer(book) as writing:
            start.wait()
            for student in students:
                writing.write([record(student, None, RIGHT, None)])

    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(write), pool.submit(write)]:
            done.result()
    assert {row["score"] for row in pages(book)["students"]} == {3}
    assert len(tables(book)["submitted_assignment"]) == len(students)


def test_a_locked_gradebook_is_not_written(book, monkeypatch):
    monkeypatch.setattr(gradebook, "BUSY_SECONDS", 1)
    with writer(book) as writing:
        with connected(book) as other:
            other.execute(text("UPDATE submitted_assignment SET timestamp = NULL"))
            with pytest.raises(GradebookError, match="another program holds it"):
                writing.write(RECORDS[0])
        before = tables(book)
        assert not before["student"]
        writing.write(RECORDS[0])  # the same writer can go on
    assert len(tables(book)["student"]) == len(RECORDS[0])


def version(number):
    def change(file):
        with contextlib.closing(sqlite3.connect(file)) as connection:
            connection.execute("UPDATE alembic_version SET version_num = ?", [number])
            connection.commit()

    return change


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (version("0123456789ab"), "is unknown to the nbgrader that is installed"),
        (version("724cde206c17"), "run `nbgrader db upgrade`"),
        (lambda file: file.write_bytes(b""), "holds no tables of nbgrader"),
        (lambda file: file.write_bytes(b"Dear diary, " * 999), "damaged or holds something else"),
        (lambda file: file.unlink(), "there is no such file"),
    ],
)
def test_another_gradebook_is_refused_and_left_as_it_is(stock, tmp_path, damage, words):
    url, file = released(stock, tmp_path), tmp_path / "gradebook.db"
    damage(file)
    before = file.read_bytes() if file.exists() else None
    with pytest.raises(GradebookError, match=words), writer(url):
        pass
    assert (file.read_bytes() if file.exists() else None) == before


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("sqlite:///file:{}/gradebook.db?mode=ro&uri=true", "it may only be read"),
        (
            "mysql://ada:secret@localhost/book",
            r"//ada:\*\*\*@localhost/book: gradebooks are kept in",
        ),
        ("gradebook.db", "Could not parse SQLAlchemy URL"),
    ],
)
def test_a_url_that_cannot_be_written_to_is_refused(stock, tmp_path, url, words):
    released(stock, tmp_path)
    with pytest.raises(GradebookError, match=words) as caught, writer(url.format(tmp_path)):
        pass
    assert "secret" not in str(caught.value)


def test_a_server_that_does_not_answer_is_named(tmp_path):
    pytest.importorskip("psycopg")
    url = f"postgresql://postgres:secret@/book?host={tmp_path}"
    with pytest.raises(GradebookError, match="its server does not answer") as caught, writer(url):
        pass
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("unit", "notebook", "words"),
    [
        ("other", "extra", "has no assignment other"),
        ("extra", "other", "where source/ has other alone"),
    ],
)
def test_a_unit_that_was_not_released_is_refused(stock, tmp_path, unit, notebook, words):
    with (
        pytest.raises(GradebookError, match=words),
        writer(released(stock, tmp_path), unit, notebook),
    ):
        pass


class Broken(LateSubmissionPlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 1 / 0


@pytest.mark.parametrize(
    ("change", "plugin", "words"),
    [
        ({"scores": {"test": 1.0}}, None, "differ in explain, part. Run `downhill release`"),
        ({"attempted": {"answer": True, "explain": True, "x": True}}, None, "differ in x"),
        ({"timestamp": "yesterday evening"}, None, "at which dan handed in is 'yesterday"),
        ({}, Broken, "failed for ben with ZeroDivisionError"),
    ],
)
def test_a_record_that_does_not_fit_leaves_all_unwritten(stock, tmp_path, change, plugin, words):
    url = released(stock, tmp_path)
    records = [*RECORDS[0][:-1], RECORDS[0][-1] | change]
    with writer(url, plugin=plugin or LateSubmissionPlugin) as writing:
        before = tables(url)
        with pytest.raises(GradebookError, match=words):
            writing.write(records)
    assert tables(url) == before


def test_a_full_disk_leaves_the_gradebook_as_it_was(stock, tmp_path, monkeypatch):
    monkeypatch.setattr(gradebook, "AT_ONCE", 1)  # some of the records are in when it is full

    def limit(connection, _):
        (pages,) = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count = {pages + 6}")

    url = released(stock, tmp_path)
    with writer(url):
        before = tables(url)
    event.listen(Engine, "connect", limit)
    try:
        with writer(url) as writing, pytest.raises(GradebookError, match="the disk is full"):
            writing.write(record(f"s{k}", None, RIGHT, None) for k in range(500))
    finally:
        event.remove(Engine, "connect", limit)
    assert tables(url) == before
