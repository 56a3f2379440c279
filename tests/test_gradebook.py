"""The writer of marks leaves in nbgrader's gradebook what nbgrader itself leaves, or nothing."""

import contextlib
import os
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
from traitlets.config import Config, PyFileConfigLoader

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
        "dan": ("2026-02-27 18:00:01.5", RIGHT, ANSWERED),
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
        "attempted": {"answer": code is not None, "explain": bool(answer), "project": True},
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
    name = f"book{abs(hash(request.node.name))}"
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


def writer(url, config=None):
    config = config or configuration(COURSE)
    return GradebookWriter(url, "extra", "extra", config)


def test_the_writer_leaves_what_nbgrader_leaves(book, stock):
    with writer(book) as writing:
        assert writing.write(RECORDS[0]) == []
        assert tables(book) == tables(f"sqlite:///{stock}/first.db")
        mark_by_hand(book)
        assert writing.write(RECORDS[1]) == CHANGES
        assert tables(book) == tables(f"sqlite:///{stock}/second.db")
        assert writing.write(RECORDS[1]) == []
        assert tables(book) == tables(f"sqlite:///{stock}/second.db")
