"""The course as it lies in the repository: notebooks run, generated files fit, nothing leaks."""

import itertools
import json
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from grading.course import COURSE, CourseError, units
from grading.exercise import load_exercises
from grading.leaks import find_leaks
from grading.rebuild import grade_id
from grading.release import check_text, holds_answers, lesson_exercises, mistakes_text, release_all
from helpers import draw_questions

LESSONS = sorted((COURSE / "course").glob("*.ipynb"))
SOURCES = sorted((COURSE / "source").glob("*/*.ipynb"))
RELEASED = sorted((COURSE / "release").glob("*/*.ipynb"))
SOLUTIONS = sorted((COURSE / "solutions").glob("*/*.ipynb"))
ALL = [*LESSONS, *SOURCES, *RELEASED, *SOLUTIONS]
LINE = COURSE / "source" / "1-line-fitting"


def name(path):
    return f"{path.parent.name}/{path.name}"


def run(path, folder):
    """Run a notebook from a fresh kernel in a copy of its folder; return it."""
    place = folder / "copied" / path.parent.name
    shutil.copytree(path.parent, place)
    for checks in (COURSE / "release").glob(f"{path.parent.name}/checks.json"):
        (folder / "release" / path.parent.name).mkdir(parents=True)
        shutil.copy(checks, folder / "release" / path.parent.name)  # a solution's check data
    notebook = nbformat.read(path, as_version=4)
    where = {"metadata": {"path": str(place)}}
    NotebookClient(notebook, timeout=120, allow_errors=True, resources=where).execute()
    return notebook


def errors(notebook):
    return [
        (cell, output)
        for cell in notebook.cells
        for output in cell.get("outputs", ())
        if output.output_type == "error"
    ]


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_lessons_run_from_top_to_bottom(path, tmp_path):
    for cell, output in errors(run(path, tmp_path)):
        assert output.ename == "Message", output
        assert "raises-exception" in cell.metadata.tags
        assert "".join(output.traceback).startswith("NOT ")


@pytest.mark.parametrize("path", SOLUTIONS, ids=name)
def test_solutions_run_and_every_check_says_right(path, tmp_path):
    notebook = run(path, tmp_path)
    assert errors(notebook) == []
    checks = [c for c in notebook.cells if c.cell_type == "code" and c.source.startswith("check(")]
    assert checks
    assert all(c.outputs[0].data["text/plain"].startswith("RIGHT: ") for c in checks)


@pytest.mark.parametrize("path", RELEASED, ids=name)
def test_releases_run_and_every_check_says_not_attempted(path, tmp_path):
    notebook = run(path, tmp_path)
    checked = [cell for cell, _ in errors(notebook)]
    assert [c.source for c in notebook.cells if c.source.startswith("check(")] == [
        c.source for c in checked
    ]
    assert all("NOT ATTEMPTED" in "".join(o.traceback) for _, o in errors(notebook))


def test_release_and_solutions_fit_their_sources(demo_course):
    for path in [*RELEASED, *SOLUTIONS, *(COURSE / "release").glob("*/checks.json")]:
        built = demo_course / path.relative_to(COURSE)
        assert built.read_text() == path.read_text(), f"{name(path)}: run `downhill release`"


def test_the_lessons_check_data_fit_their_exercises():
    assert (COURSE / "course" / "checks.json").read_text() == check_text(lesson_exercises(COURSE))


@pytest.mark.parametrize("unit", units(COURSE), ids=lambda unit: unit.name)
def test_teaching_notes_fit_the_exercises(unit):
    assert (unit / "mistakes.md").read_text() == mistakes_text(unit), "run `downhill release`"
    notes = (unit / "teaching.md").read_text()
    exercises = load_exercises(unit / "exercises.py")
    asked = re.findall(r"^\| `(\w+): ([^`]+)`", notes, re.MULTILINE)
    assert len(asked) >= 5
    for name, mistake in asked:
        assert mistake in [known.id for known in exercises[name].mistakes], f"{name}: {mistake}"


@pytest.mark.parametrize("unit", units(COURSE), ids=lambda unit: unit.name)
def test_nothing_that_students_receive_holds_an_answer(unit):
    received = [COURSE / folder for folder in ("release", "course", "helpers")]
    assert find_leaks(unit, received) == []


@pytest.mark.parametrize(
    "plant",
    [
        lambda nb: nb.cells.append(
            nbformat.v4.new_markdown_cell("Hint: `m, c = gd_step(x, y, m, c, lr)`")
        ),
        lambda nb: nb.cells.append(
            nbformat.v4.new_code_cell("a = 1\nhistory.append( mse(x,  y, m, c) )")
        ),
        lambda nb: nb.metadata.update(old='return m, c, step, "diverged"'),
        lambda nb: nb.cells.append(nbformat.v4.new_code_cell("#### BEGIN SOLUTION\npass")),
    ],
)
def test_a_planted_leak_is_found(plant, tmp_path):
    notebook = nbformat.read(RELEASED[0], as_version=4)
    plant(notebook)
    nbformat.write(notebook, tmp_path / "line-fitting.ipynb")
    assert find_leaks(LINE, [tmp_path])


@pytest.mark.parametrize("path", ALL, ids=name)
def test_notebooks_are_clean(path):
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    ids = [cell.id for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        assert not cell.get("outputs")
        assert cell.get("execution_count") is None
        assert not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4})*.*", cell.id), "ids are words"
        assert "attachments" not in cell


@pytest.mark.parametrize("path", [*LESSONS, *SOURCES], ids=name)
def test_notebooks_keep_to_their_budget(path):
    notebook = nbformat.read(path, as_version=4)
    texts = [c.source for c in notebook.cells if c.cell_type == "markdown"]
    lesson = path in LESSONS
    assert len(notebook.cells) <= (38 if lesson else 46)
    assert sum(len(text.split()) for text in texts) <= (1500 if lesson else 1130)
    assert path.stat().st_size <= 40_000
    headings = [len(h) for t in texts for h in re.findall(r"^(#+) ", t, re.MULTILINE)]
    assert headings.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(headings))
    for text in texts:
        assert not re.search(r"!\[\]\(", text), "a picture without words"


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_points_and_names_are_those_of_the_exercises(path):
    exercises = load_exercises(path.parent / "exercises.py")
    cells = nbformat.read(path, as_version=4).cells
    graded = {grade_id(c): c for c in cells if c.metadata.get("nbgrader", {}).get("grade")}
    automatic = {n: c for n, c in graded.items() if not c.metadata.nbgrader.solution}
    assert list(automatic) == [e.name for e in exercises.values() if e.role != "lesson"]
    for grade, cell in automatic.items():
        assert cell.source == f"check({grade})"
        assert cell.metadata.nbgrader.points == exercises[grade].points
    stubs = {grade_id(c) for c in cells}
    assert {f"{grade}-answer" for grade in automatic} <= stubs


@pytest.mark.parametrize("path", [*LESSONS, *SOURCES], ids=name)
def test_links_lead_somewhere(path):
    for cell in nbformat.read(path, as_version=4).cells:
        for target in re.findall(r"\]\(([^)#\s]+)\)", cell.source):
            if not target.startswith("http"):
                # release and source lie equally deep, so a link holds in both
                assert (path.parent / target).exists(), f"{name(path)}: {target}"


def test_questions_explain_every_option():
    questions = json.loads((COURSE / "course" / "questions.json").read_text())
    used = "".join(path.read_text() for path in LESSONS)
    for key, item in questions.items():
        assert key.startswith("review-") or f'ask(\\"{key}\\"' in used, f"{key} is asked nowhere"
        assert item["right"] in item["options"]
        assert len(item["options"]) >= 3
        assert all(option["text"] and option["why"] for option in item["options"].values())


def test_every_objective_is_asked_at_least_twice():
    questions = json.loads((COURSE / "course" / "questions.json").read_text())
    asked = Counter(item["objective"] for item in questions.values())
    for number, lesson in enumerate(LESSONS[1:6], start=1):
        head = nbformat.read(lesson, as_version=4).cells[0].source
        objectives = re.findall(r"^\d\. ", head, re.MULTILINE)
        assert len(objectives) == 3
        assert all(asked[f"{number}.{k}"] >= 2 for k in (1, 2, 3)), lesson.name


def test_a_review_draws_from_all_units(monkeypatch):
    monkeypatch.chdir(COURSE / "course")
    questions = json.loads(Path("questions.json").read_text())
    drawn = draw_questions(10, seed=1)
    assert len(set(drawn)) == 10
    units_drawn = Counter(questions[key]["objective"][0] for key in drawn)
    assert units_drawn == {unit: 2 for unit in "12345"}
    assert drawn == draw_questions(10, seed=1) != draw_questions(10, seed=2)


def test_a_release_with_typed_answers_is_not_written_over(tmp_path):
    for folder in ("source", "release"):
        shutil.copytree(COURSE / folder, tmp_path / folder)
    (path,) = (tmp_path / "release" / "1-line-fitting").glob("*.ipynb")
    assert not holds_answers(path)
    notebook = nbformat.read(path, as_version=4)
    (cell,) = (c for c in notebook.cells if grade_id(c) == "mse-answer")
    cell.source = "def mse(x, y, m, c):\n    return 1"
    nbformat.write(notebook, path)
    with pytest.raises(CourseError, match="holds answers that somebody typed"):
        release_all(tmp_path)
    assert holds_answers(path)


def test_git_holds_no_student_work_and_no_address_of_a_registry():
    def git(*arguments):
        done = subprocess.run(["git", *arguments], cwd=COURSE, capture_output=True, text=True)
        return done.stdout.split("\n")

    kept = {"submitted/README.md", "autograded/README.md", "feedback/README.md"}
    assert set(git("ls-files", "submitted", "autograded", "feedback")) <= kept | {""}
    for lock in ("requirements.txt", "tests/requirements.txt"):
        text = (COURSE / lock).read_text()
        assert "://" not in text
        assert text.count("--hash=sha256:") > text.count("==")
