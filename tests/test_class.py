"""The class command: the same marks by every door, nothing done twice, nothing lost."""

import csv
import multiprocessing
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading.classroom import Place, cluster, local, make_bundle, mark_class
from grading.course import COURSE, environment, nbgrader
from grading.demo import load_class

UNIT = "1-line-fitting"
SLOW = ("endless-loop", "loop-in-a-cell")
SOME = ("full-marks", "blank", "sum-for-mean", "gradient-sign", "check-deleted", "damaged-file")


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Return a course folder with unit 1 released and nothing handed in."""
    folder = tmp_path_factory.mktemp("class") / "course"
    shutil.copytree(COURSE / "source" / UNIT, folder / "source" / UNIT)
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    nbgrader(folder, "generate_assignment", UNIT)
    return folder


def hand_in(course, students):
    """Hand in the demonstration class's work under other names: {student: whose work}."""
    unit = COURSE / "source" / UNIT
    given, solved = (
        nbformat.read(COURSE / kind / UNIT / "line-fitting.ipynb", as_version=4)
        for kind in ("release", "solutions")
    )
    texts = {s.student: s.text(given, solved) for s in load_class(unit)}
    for student, work in students.items():
        folder = course / "submitted" / student / UNIT
        folder.mkdir(parents=True)
        (folder / "line-fitting.ipynb").write_text(texts[work], encoding="utf-8")


def copy(course, folder, students):
    """Return a copy of a course in which some students handed in."""
    shutil.copytree(course, folder)
    hand_in(folder, students)
    return folder


@pytest.fixture
def course(released, tmp_path):
    """Return a course with a small class that handed in."""
    return copy(released, tmp_path / "course", {name: name for name in SOME})


def command(course, *arguments, prefix=()):
    """Start the class command."""
    mark = [sys.executable, "-m", "grading.cli", "mark", UNIT, "--course", str(course)]
    return subprocess.Popen(
        [*prefix, *mark, *arguments],
        cwd=COURSE,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(course, *arguments, prefix=()):
    """Run the class command to its end; return its exit code and what it said."""
    process = command(course, *arguments, prefix=prefix)
    said, _ = process.communicate()
    return process.returncode, said


def marks(course):
    """Return {student: {cell: score}} from the gradebook; None waits for a person."""
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in notebook.grades}
            for submission in book.assignment_submissions(UNIT)
            for notebook in submission.notebooks
        }


def records(course):
    place = Place(course, UNIT, "line-fitting")
    return {student: place.record(student) for student in place.students()}


def test_all_doors_give_the_same_marks(course, released, tmp_path):
    code, said = run(course)
    assert code == 1  # the damaged file
    assert "damaged-file: not marked. The file is cut off" in said
    assert "6 handed in, 5 marked, 1 not." in said
    by_class = marks(course)
    assert set(by_class) == set(SOME) - {"damaged-file"}

    other = copy(released, tmp_path / "other", {name: name for name in SOME})
    nbgrader(other, "autograde", UNIT, check=False)
    by_nbgrader = marks(other)
    assert set(by_nbgrader.pop("damaged-file").values()) == {None}
    assert by_nbgrader == by_class

    found = {student: record.get("questions") for student, record in records(course).items()}
    assert run(course, "--force", "--no-sandbox")[0] == 1
    assert marks(course) == by_class
    again = {student: record.get("questions") for student, record in records(course).items()}
    assert again == found

    # nbgrader's own commands go on from what the class command wrote, and the reverse
    nbgrader(course, "generate_feedback", UNIT)
    nbgrader(course, "export")
    pages = {path.parents[1].name for path in course.glob("feedback/*/*/*.html")}
    assert pages == set(by_class)
    with (course / "grades.csv").open() as file:
        rows = {row["student_id"]: float(row["raw_score"]) for row in csv.DictReader(file)}
    assert rows == {s: sum(v or 0 for v in scores.values()) for s, scores in by_class.items()}
    nbgrader(course, "autograde", UNIT, "--student=blank", "--force")
    assert marks(course) == by_class
    assert run(other)[0] == 1
    assert marks(other) == by_class | {"damaged-file": marks(other)["damaged-file"]}


def test_what_is_marked_is_not_marked_again(course):
    run(course)
    before = {path: path.stat().st_mtime_ns for path in course.glob("autograded/*/*/*.ipynb")}
    _, said = run(course)
    assert "5 marked (5 of them before, nothing changed since)" in said
    path = course / "submitted" / "blank" / UNIT / "line-fitting.ipynb"
    path.write_bytes((path.parents[2] / "full-marks" / UNIT / "line-fitting.ipynb").read_bytes())
    _, said = run(course)
    assert "4 of them before" in said
    assert "blank, mse: 0 before, now 3" in said
    now = {path: path.stat().st_mtime_ns for path in course.glob("autograded/*/*/*.ipynb")}
    assert {path.parents[1].name for path in now if now[path] != before[path]} == {"blank"}


def test_a_changed_exercise_is_asked_again_and_only_that(course):
    run(course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("mse", "line-fitting", UNIT, "full-marks")
        grade.manual_score = 2.5
        book.db.commit()
    path = course / "source" / UNIT / "exercises.py"
    text = path.read_text()
    reference = text.index("def mse(")
    wrong = text[reference:].replace("np.mean(", "np.sum(", 1)
    assert wrong != text[reference:]
    path.write_text(text[:reference] + wrong)
    _, said = run(course)
    assert "sum-for-mean, mse: 0 before, now 3" in said
    assert "full-marks, mse: 3 before, now 0" in said
    for record in records(course).values():
        log = "\n".join(line for line in record.get("log", ()) if not line.endswith("(as before)"))
        asked = set(re.findall(r"s  (\w+): ", log))
        assert "mse" in asked or "failure" in record
        assert asked.isdisjoint({"predict_line", "center_scale", "unscale"})
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as book:
        grade = book.find_grade("mse", "line-fitting", UNIT, "full-marks")
        assert (grade.manual_score, grade.needs_manual_grade) == (2.5, True)


def class_of(count):
    """Return {student: whose work} for a class of that size."""
    works = [s.student for s in load_class(COURSE / "source" / UNIT) if s.student not in SLOW]
    return {f"s{number:03}": works[number % len(works)] for number in range(count)}


def book_rows(course):
    """Return all marks and comments of a gradebook, without its random ids."""
    with sqlite3.connect(course / "gradebook.db") as book:
        return book.execute(
            "select sa.student_id, c.name, g.auto_score, g.manual_score, g.needs_manual_grade "
            "from grade g join submitted_notebook n on n.id = g.notebook_id "
            "join submitted_assignment sa on sa.id = n.assignment_id "
            "join base_cell c on c.id = g.cell_id order by 1, 2"
        ).fetchall()


def test_a_killed_command_goes_on_and_ends_with_the_same_gradebook(released, tmp_path):
    students = class_of(24)
    whole = copy(released, tmp_path / "whole", students)
    run(whole)
    killed = copy(released, tmp_path / "killed", students)
    moments = random.Random(5)
    for _ in range(20):
        process = command(killed)
        time.sleep(moments.uniform(0.3, 3.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
    run(killed)
    assert book_rows(killed) == book_rows(whole)
    for folder in (whole, killed):
        nbgrader(folder, "export")
    assert (killed / "grades.csv").read_bytes() == (whole / "grades.csv").read_bytes()
    assert not list(killed.rglob(".*.new"))
    found = {student: record.get("questions") for student, record in records(killed).items()}
    assert found == {student: record.get("questions") for student, record in records(whole).items()}


@pytest.mark.parametrize("room", ["40k", "200k", "400k"])  # too little for all, some, the report
def test_a_full_disk_ends_in_a_sentence_and_loses_nothing(room, released, tmp_path):
    course = copy(released, tmp_path / "course", class_of(10))
    (course / "autograded").mkdir()
    alone = (
        ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
    )
    small = f'mount -t tmpfs -o size={room} tmpfs "$0"; exec "$@"'
    prefix = [*alone, "sh", "-c", small, str(course / "autograded")]
    code, said = run(course, prefix=prefix)
    assert code == 1
    assert "No space left on device. Mend that and run the command again" in said
    assert "Traceback" not in said
    run(course)
    assert set(marks(course)) == {s for s, r in records(course).items() if "failure" not in r}
    assert len(records(course)) == 10


def test_a_worker_that_dies_loses_no_submission(released, tmp_path):
    course = copy(released, tmp_path / "course", class_of(8))
    place = Place(course, UNIT, "line-fitting")
    killed = []

    def kill_a_worker(_):
        if not killed:
            killed.append(multiprocessing.active_children()[0].pid)
            os.kill(killed[0], signal.SIGKILL)

    bundle = make_bundle(place)
    done = mark_class(
        place, bundle, place.students(), local(2, bundle), lambda _: [], kill_a_worker
    )
    assert killed
    assert len(done.records) == 8
    assert {record["student"] for record in done.failures} == {
        student for student, work in class_of(8).items() if work == "damaged-file"
    }


def test_a_cluster_gives_the_same_marks_also_when_a_worker_is_killed(released, tmp_path):
    from distributed import LocalCluster

    course = copy(released, tmp_path / "course", class_of(10))
    place = Place(course, UNIT, "line-fitting")
    bundle = make_bundle(place)
    students = place.students()
    here = mark_class(place, bundle, students, local(2, bundle), lambda _: [], lambda _: None)
    killed = []
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None
    ) as there:

        def kill_a_worker(_):
            if not killed:
                killed.append(next(iter(there.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        far = mark_class(
            place,
            bundle,
            students,
            cluster(there.scheduler_address),
            lambda _: [],
            kill_a_worker,
            force=True,
        )
    assert killed
    keys = ("student", "questions", "scores", "failure", "repairs")
    assert [{key: record.get(key) for key in keys} for record in far.records] == [
        {key: record.get(key) for key in keys} for record in here.records
    ]


def test_without_a_sandbox_nothing_is_marked(course, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "python").symlink_to(sys.executable)
    mark = [sys.executable, "-m", "grading.cli", "mark", UNIT, "--course", str(course)]
    done = subprocess.run(
        mark, cwd=COURSE, env={"PATH": str(tools)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "there is no command bwrap" in done.stderr
    assert not list(course.glob("autograded/*/*/marking.json"))


def test_the_sandbox_works_for_an_ordinary_user():
    """All other tests use it as whoever runs them; this one never as root."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("grading", "helpers"):
            shutil.copytree(COURSE / name, f"{folder}/{name}", ignore=lambda *_: ["__pycache__"])
        subprocess.run(["chmod", "-R", "a+rX", folder], check=True)
        leave = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        code = "from grading.sandbox import why_not; print('It says:', why_not())"
        done = subprocess.run(
            [*(leave if os.geteuid() == 0 else []), "/usr/bin/python3", "-c", code],
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    assert (done.stdout, done.stderr) == ("It says: \n", "")


def test_a_download_from_canvas_goes_in_and_its_marks_out(released, tmp_path):
    course = copy(released, tmp_path / "course", class_of(3))
    submitted = sorted((course / "submitted").glob("*/*/*.ipynb"))
    with zipfile.ZipFile(tmp_path / "canvas.zip", "w") as archive:
        for number, path in enumerate(submitted):
            archive.write(path, f"lovelaceada_{number + 70}_{number + 900}_line-fitting.ipynb")
    shutil.rmtree(course / "submitted")
    collect = [sys.executable, "-m", "grading.cli", "collect", UNIT, str(tmp_path / "canvas.zip")]
    done = subprocess.run([*collect, "--course", str(course)], cwd=COURSE, check=False)
    assert done.returncode == 0
    run(course)
    assert set(marks(course)) == {"70", "71", "72"}
    nbgrader(course, "export", "--exporter", "grading.exports.CanvasExporter")
    with (course / "canvas.csv").open() as file:
        assert {"70", "71", "72"} <= {row["ID"] for row in csv.DictReader(file)}
