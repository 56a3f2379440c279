"""nbgrader's own commands on the shipped configuration, from release to exported marks."""

import csv
import html
import json
import re
import shutil

import nbformat
import pytest
from nbgrader.api import Gradebook

from grading.course import COURSE, CourseError, nbgrader, units
from grading.demo import load_class, table
from grading.exercise import load_exercises
from grading.marker import hidden_calls, mark_notebook
from grading.rebuild import grade_id, rebuild
from grading.release import release_all

UNITS = units(COURSE)
LINE = COURSE / "source" / "1-line-fitting"
each_unit = pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)

# the mistake by which a synthetic student loses points, where its name has to be this one
DIAGNOSES = {
    LINE.name: {
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
    },
    "2-single-neuron-chain": {
        "w2-updated-too-early": {"chain_backward": "updated-w2"},
        "path-without-w2": {"chain_backward": "no-w2"},
        "changes-its-dict": {"chain_update": "in-place"},
        "average-of-the-data": {"average_gradients": "average-input"},
        "example-by-example": {"train_chain": "example-by-example"},
        "sigmoid-nobody-asked-for": {"chain_forward": "sigmoid"},
    },
    "3-sigmoid-network": {
        "overflow-warning": {"sigmoid": "overflow"},
        "not-transposed": {"hidden_layer_grads": "not-transposed"},
        "error-sent-back": {"output_layer_grads": "no-slope"},
        "one-shared-bias": {"backprop_222": "biases-one-number"},
        "plus-like-the-article": {"update_params": "plus"},
        "changes-its-params": {"update_params": "in-place"},
        "stops-a-little-late": {"early_stopping_epoch": "too-patient"},
    },
}


def marked_exercises(unit):
    found = load_exercises(unit / "exercises.py")
    return {name: exercise for name, exercise in found.items() if exercise.role != "lesson"}


def readable_class(unit):
    """Return the submissions that are notebooks."""
    return [s for s in load_class(unit) if s.student != "damaged-file"]


def planted(submission, exercises):
    """Return the questions that a submission has to lose."""
    if submission.blank:
        return set(exercises)
    if submission.student.startswith("right"):
        return set()
    kept = exercises if submission.only is None else submission.only
    return set(exercises) - set(kept) | set(exercises) & set(submission.answers)


def scores(folder, unit):
    """Return the automatic scores of every student by question, from the gradebook."""
    with Gradebook(f"sqlite:///{folder / 'gradebook.db'}") as gradebook:
        return {
            submission.student.id: {
                g.name: g.auto_score for n in submission.notebooks for g in n.grades
            }
            for submission in gradebook.assignment_submissions(unit.name)
        }


def record(folder, unit, student):
    path = folder / "autograded" / student / unit.name / "marking.json"
    return json.loads(path.read_text())


def released(folder, unit):
    (path,) = (folder / "release" / unit.name).glob("*.ipynb")
    return nbformat.read(path, as_version=4)


@each_unit
def test_every_submission_has_a_mark_or_a_named_failure(demo_course, unit):
    marked = {p.parents[1].name for p in demo_course.glob(f"autograded/*/{unit.name}/*.ipynb")}
    assert marked == {submission.student for submission in readable_class(unit)}
    shown = table(demo_course, unit.name)
    students = [submission.student for submission in load_class(unit)]
    for student in students:
        assert re.search(rf"^{student} ", shown, re.MULTILINE)
    assert ("damaged-file" in students) == ("not marked: The file is cut off" in shown)


@each_unit
def test_marks_in_the_gradebook_are_the_planted_ones(demo_course, unit):
    book, exercises = scores(demo_course, unit), marked_exercises(unit)
    for submission in readable_class(unit):
        marks = record(demo_course, unit, submission.student)["questions"]
        assert {n: book[submission.student][n] for n in marks} == {
            n: m["score"] for n, m in marks.items()
        }
        wrong = {name for name, mark in marks.items() if mark["state"] != "right"}
        lost = planted(submission, exercises)
        assert lost <= wrong, submission.student
        for name in lost:
            assert marks[name]["score"] < exercises[name].points or not exercises[name].points
        if not lost:  # others may also fail in what calls a wrong answer
            assert not wrong, submission.student
            assert sum(m["score"] for m in marks.values()) == sum(
                exercise.points for exercise in exercises.values()
            )
        for name, diagnosis in DIAGNOSES.get(unit.name, {}).get(submission.student, {}).items():
            assert marks[name]["diagnosis"] == diagnosis, (submission.student, name)


@each_unit
def test_the_blank_notebook_scores_nothing_and_written_answers_wait_for_a_person(demo_course, unit):
    book = scores(demo_course, unit)
    written = set(book["full-marks"]) - set(marked_exercises(unit))
    assert written
    assert {book["full-marks"][name] for name in written} == {None}
    assert set(book["blank"].values()) == {0}


def test_repairs_are_written_down(demo_course):
    assert "missing and was put back" in record(demo_course, LINE, "check-deleted")["repairs"][0]
    assert "the last copy" in record(demo_course, LINE, "check-doubled")["repairs"][0]


@each_unit
def test_feedback_pages_say_what_was_found_and_hold_nothing_hidden(demo_course, unit):
    pages = {p.parents[1].name: p for p in demo_course.glob(f"feedback/*/{unit.name}/*.html")}
    assert set(pages) == {submission.student for submission in readable_class(unit)}
    for student, page in pages.items():
        text, marked = html.unescape(page.read_text()), record(demo_course, unit, student)
        for exercise in marked_exercises(unit).values():
            for number in long_numbers(hidden_calls(exercise).inputs):
                assert number not in text, (student, exercise.name)
        said = [line for mark in marked["questions"].values() for line in mark["lines"][:1]]
        for sentence in [*marked["repairs"], *said]:
            assert sentence in text, student
        assert "checks.json is missing" not in text


def long_numbers(plain):
    if isinstance(plain, dict):
        plain = list(plain.values())
    if isinstance(plain, list):
        return [number for item in plain for number in long_numbers(item)]
    return [str(plain)] if isinstance(plain, float) and len(str(plain)) > 7 else []


@each_unit
def test_the_export_has_a_line_for_every_marked_student(demo_course, unit):
    with (demo_course / "grades.csv").open() as file:
        rows = {r["student_id"]: r for r in csv.DictReader(file) if r["assignment"] == unit.name}
    assert {submission.student for submission in readable_class(unit)} <= set(rows)
    infos = [cell.metadata.get("nbgrader", {}) for cell in released(demo_course, unit).cells]
    points = sum(info.get("points", 0) for info in infos)
    automatic = sum(exercise.points for exercise in marked_exercises(unit).values())
    assert float(rows["full-marks"]["score"]) == automatic
    assert float(rows["full-marks"]["max_score"]) == points


@each_unit
def test_marking_again_gives_the_same_marks(demo_course, unit, engine):
    exercises = load_exercises(unit / "exercises.py")
    submission = next(s for s in readable_class(unit) if set(s.answers) & set(exercises))
    (path,) = (demo_course / "submitted" / submission.student / unit.name).glob("*.ipynb")
    notebook, _ = rebuild(nbformat.read(path, as_version=4), released(demo_course, unit))
    again = mark_notebook(notebook, exercises, {}, engine).summary()
    before = record(demo_course, unit, submission.student)
    assert again["submission"] == before["submission"]
    assert json.loads(json.dumps(again["questions"])) == before["questions"]


@pytest.mark.parametrize(
    ("folder", "words"), [("release", "FAILED ON"), ("solutions", "passes all the tests")]
)
def test_validate_fails_the_release_and_passes_the_solution(demo_course, folder, words):
    (path,) = (demo_course / folder / LINE.name).glob("*.ipynb")
    said = nbgrader(path.parent, "validate", path.name)
    assert words in said
    assert "Traceback" not in said
    assert ("NOT ATTEMPTED: mse" in said) == (folder == "release")


@pytest.fixture(scope="module")
def plain_course(tmp_path_factory):
    """Return a marked course folder with an assignment of plain asserts."""
    folder = tmp_path_factory.mktemp("plain")
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    test = "import warnings\nwarnings.warn('careful')\nassert x == 3"
    cells = [
        plain_cell("### BEGIN SOLUTION\nx = 3\n### END SOLUTION", "answer", solution=True),
        plain_cell(test, "test", grade=True, points=2),
        plain_cell("float(x == 3)", "part", grade=True, points=2),  # partial credit: 1 of 2
    ]
    source = folder / "source" / "extra"
    source.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source / "extra.ipynb")
    nbgrader(folder, "generate_assignment", "extra")
    for student, answer in (
        ("right", "x = 3"),
        ("wrong", "x = 4"),
        ("ends", "import os; os._exit(0)"),
    ):
        handed_in = folder / "submitted" / student / "extra"
        handed_in.mkdir(parents=True)
        notebook = nbformat.read(folder / "release" / "extra" / "extra.ipynb", as_version=4)
        (cell,) = (c for c in notebook.cells if grade_id(c) == "answer")
        cell.source = answer
        nbformat.write(notebook, handed_in / "extra.ipynb")
    nbgrader(folder, "autograde", "extra")
    return folder


def test_plain_asserts_of_an_instructor_are_marked_as_nbgrader_does(plain_course):
    with Gradebook(f"sqlite:///{plain_course / 'gradebook.db'}") as gradebook:
        marks = {s.student.id: s.score for s in gradebook.assignment_submissions("extra")}
    assert marks == {"right": 3, "wrong": 0, "ends": 0}


def test_a_release_that_the_gradebook_refuses_is_explained(plain_course):
    path = plain_course / "source" / "extra" / "extra.ipynb"
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(plain_cell("assert x < 4", "new", grade=True, points=1))
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="The gradebook holds submissions"):
        nbgrader(plain_course, "generate_assignment", "extra", "--force")


def test_nbgrader_itself_refuses_a_release_that_gives_an_answer_away(tmp_path):
    shutil.copy(COURSE / "nbgrader_config.py", tmp_path)
    forgotten = nbformat.v4.new_code_cell("### BEGIN  SOLUTION\nx = 3\n### END  SOLUTION")
    cells = [forgotten, plain_cell("assert x == 3", "test", grade=True, points=1)]
    source = tmp_path / "source" / "leaky"
    source.mkdir(parents=True)
    nbformat.write(nbformat.v4.new_notebook(cells=cells), source / "leaky.ipynb")
    with pytest.raises(CourseError, match=r"\AThe release would give answers away"):
        nbgrader(tmp_path, "generate_assignment", "leaky")
    assert not (tmp_path / "release" / "leaky").exists()


def add_a_note(path):
    notebook = nbformat.read(path, as_version=4)
    notebook.cells.append(nbformat.v4.new_markdown_cell("My notes."))
    nbformat.write(notebook, path)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (add_a_note, "or other changes"),
        (lambda path: path.write_text(""), "is no notebook"),
        (lambda path: None, "nbgrader is down"),
    ],
)
def test_a_release_that_fails_leaves_everything_as_it_was(
    demo_course, change, words, tmp_path, monkeypatch
):
    def fail(*arguments):
        raise CourseError("nbgrader is down")

    monkeypatch.setattr("grading.release.nbgrader", fail)
    for folder in ("source", "release"):
        shutil.copytree(demo_course / folder / LINE.name, tmp_path / folder / LINE.name)
    (path,) = (tmp_path / "release" / LINE.name).glob("*.ipynb")
    change(path)
    before = path.read_text()
    with pytest.raises(CourseError, match=words):
        release_all(tmp_path)
    assert path.read_text() == before


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
