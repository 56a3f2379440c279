"""nbgrader's own commands on the shipped configuration, from release to exported marks."""

import csv
import json
import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading.course import COURSE, nbgrader
from grading.demo import load_class, table
from grading.exercise import load_exercises
from grading.marker import HiddenCalls
from grading.rebuild import grade_id

UNIT = "1-line-fitting"
LOADED = load_exercises(COURSE / "source" / UNIT / "exercises.py")
EXERCISES = {name: exercise for name, exercise in LOADED.items() if exercise.role != "lesson"}
FULL = sum(exercise.points for exercise in EXERCISES.values())
CLASS = [submission.student for submission in load_class(COURSE / "source" / UNIT)]

# what each synthetic student loses, and to which mistake; the others have all points
LOST = {
    "blank": {name: "not-attempted" for name in EXERCISES},
    "first-three-only": {"numerical_gradient": "not-attempted", "gd_step": "not-attempted"},
    "sum-for-mean": {"mse": "sum"},
    "gradient-sign": {"mse_gradient": "sign"},
    "new-m-too-early": {"gd_step": "new-m"},
    "arrays-only": {"predict_line": "not-for-lists"},
    "changes-its-input": {"predict_line": "in-place"},
    "short-history": {"fit_line": "no-start"},
    "endless-loop": {"fit_until": "endless"},
    "loop-in-a-cell": {"gd_step": "missing"},
    "ends-python": {"numerical_gradient": "died"},
    "syntax-error": {"gd_step": "missing"},
}
FULL_MARKS = {"full-marks", "right-with-a-warning", "check-deleted", "check-doubled"}


def scores(folder):
    """Return the automatic scores of every student by question, from the gradebook."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                g.name: g.auto_score for n in submission.notebooks for g in n.grades
            }
            for submission in gradebook.assignment_submissions(UNIT)
        }


def record(folder, student):
    path = folder / "autograded" / student / UNIT / "marking.json"
    return json.loads(path.read_text())


def test_every_submission_has_a_mark_or_a_named_failure(demo_course):
    marked = {p.parents[1].name for p in (demo_course / "autograded").glob(f"*/{UNIT}/*.ipynb")}
    assert marked == set(CLASS) - {"damaged-file"}
    shown = table(demo_course, UNIT)
    for student in CLASS:
        assert re.search(rf"^{student} ", shown, re.MULTILINE)
    assert "not marked: the file is no notebook" in shown


def test_marks_in_the_gradebook_are_the_planted_ones(demo_course):
    book = scores(demo_course)
    for student in FULL_MARKS:
        assert sum(v for n, v in book[student].items() if n != "explain") == FULL, student
    assert sum(v or 0 for v in book["blank"].values()) == 0
    for student, lost in LOST.items():
        questions = record(demo_course, student)["questions"]
        for name, diagnosis in lost.items():
            assert questions[name]["diagnosis"] == diagnosis, (student, name)
            assert book[student][name] == questions[name]["score"]
            assert book[student][name] < EXERCISES[name].points or not EXERCISES[name].points


def test_the_written_answer_waits_for_a_person(demo_course):
    book = scores(demo_course)
    assert book["full-marks"]["explain"] is None
    assert book["blank"]["explain"] == 0


def test_repairs_are_written_down(demo_course):
    assert "missing and was put back" in record(demo_course, "check-deleted")["repairs"][0]
    assert "the last copy counts" in record(demo_course, "check-doubled")["repairs"][0]


def test_feedback_pages_name_the_mistake_and_hold_nothing_hidden(demo_course):
    pages = {p.parents[1].name: p for p in (demo_course / "feedback").glob(f"*/{UNIT}/*.html")}
    assert set(pages) == set(CLASS) - {"damaged-file"}
    for student, page in pages.items():
        text = page.read_text()
        submission = record(demo_course, student)["submission"]
        for exercise in EXERCISES.values():
            for number in long_numbers(HiddenCalls(exercise, submission).inputs):
                assert number not in text, (student, exercise.name)
    assert "Exactly n times too large" in pages["sum-for-mean"].read_text()
    assert "NOT ATTEMPTED: mse" in pages["blank"].read_text()


def long_numbers(plain):
    if isinstance(plain, dict):
        plain = list(plain.values())
    if isinstance(plain, list):
        return [number for item in plain for number in long_numbers(item)]
    return [str(plain)] if isinstance(plain, float) and len(str(plain)) > 7 else []


def test_the_export_has_a_line_for_every_marked_student(demo_course):
    with (demo_course / "grades.csv").open() as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert set(CLASS) - {"damaged-file"} <= set(rows)
    assert float(rows["full-marks"]["score"]) == FULL
    assert float(rows["full-marks"]["max_score"]) == FULL + 4


def test_marking_again_gives_the_same_marks(demo_course):
    before = scores(demo_course)["sum-for-mean"]
    nbgrader(demo_course, "autograde", UNIT, "--student", "sum-for-mean", "--force")
    assert scores(demo_course)["sum-for-mean"] == before


@pytest.mark.parametrize(
    ("folder", "words"), [("release", "FAILED ON"), ("solutions", "passes all the tests")]
)
def test_validate_fails_the_release_and_passes_the_solution(demo_course, folder, words):
    (path,) = (demo_course / folder / UNIT).glob("*.ipynb")
    said = nbgrader(path.parent, "validate", path.name)
    assert words in said
    assert "Traceback" not in said
    assert ("NOT ATTEMPTED: mse" in said) == (folder == "release")


def test_plain_asserts_of_an_instructor_are_marked_as_nbgrader_does(tmp_path):
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    test = "import warnings\nwarnings.warn('careful')\nassert x == 3"
    cells = [
        plain_cell("### BEGIN SOLUTION\nx = 3\n### END SOLUTION", "answer", solution=True),
        plain_cell(test, "test", grade=True, points=2),
        plain_cell("float(x == 3)", "part", grade=True, points=2),  # partial credit: 1 of 2
    ]
    source = tmp_path / "source" / "extra"
    source.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source / "extra.ipynb")
    nbgrader(tmp_path, "generate_assignment", "extra")
    for student, answer in (
        ("right", "x = 3"),
        ("wrong", "x = 4"),
        ("ends", "import os; os._exit(0)"),
    ):
        handed_in = tmp_path / "submitted" / student / "extra"
        handed_in.mkdir(parents=True)
        notebook = nbformat.read(tmp_path / "release" / "extra" / "extra.ipynb", as_version=4)
        (cell,) = (c for c in notebook.cells if grade_id(c) == "answer")
        cell.source = answer
        nbformat.write(notebook, handed_in / "extra.ipynb")
    nbgrader(tmp_path, "autograde", "extra")
    with Gradebook(f"sqlite:///{tmp_path / 'gradebook.db'}") as gradebook:
        marks = {s.student.id: s.score for s in gradebook.assignment_submissions("extra")}
    assert marks == {"right": 3, "wrong": 0, "ends": 0}


def plain_cell(source, name, grade=False, solution=False, points=None):
    info = {
        "grade_id": name,
        "grade": grade,
        "solution": solution,
        "locked": grade,
        "task": False,
        "schema_version": 3,
    }
    if points:
        info["points"] = points
    return nbformat.v4.new_code_cell(source, metadata={"nbgrader": info})
