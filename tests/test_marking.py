"""Marking whole notebooks: run in the runner, judged by the marker, one question at a time."""

import copy
import json
import time

import nbformat
import pytest

from grading.course import COURSE, units
from grading.demo import delete_cell, double_cell
from grading.engine import Engine, EngineError
from grading.exercise import load_exercises
from grading.marker import HiddenCalls, mark_notebook
from grading.rebuild import grade_id, rebuild

UNITS = units(COURSE)
LINE = COURSE / "source" / "1-line-fitting"


@pytest.fixture(scope="module")
def engine():
    with Engine() as running:
        yield running


def released(unit):
    (path,) = (COURSE / "release" / unit.name).glob("*.ipynb")
    return nbformat.read(path, as_version=4)


def solved(unit, **answers):
    """Return the solution notebook on the released structure, with some answers exchanged."""
    (path,) = (COURSE / "solutions" / unit.name).glob("*.ipynb")
    notebook, _ = rebuild(nbformat.read(path, as_version=4), released(unit))
    for cell in notebook.cells:
        name = grade_id(cell).removesuffix("-answer")
        if name in answers and grade_id(cell).endswith("-answer"):
            cell.source = answers[name]
    return notebook


def mark(notebook, unit, engine, tmp_path):
    exercises = load_exercises(unit / "exercises.py")
    cells = [
        {
            "index": k,
            "source": cell.source,
            "question": grade_id(cell) if grade_id(cell) in exercises else None,
        }
        for k, cell in enumerate(notebook.cells)
        if cell.cell_type == "code"
    ]
    return mark_notebook(cells, exercises, tmp_path, engine)


def failed(record):
    return {name for name, mark in record.questions.items() if not all(p.right for p in mark.parts)}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_solution_scores_full_and_the_release_nothing(unit, engine, tmp_path):
    full = mark(solved(unit), unit, engine, tmp_path)
    assert failed(full) == set()
    assert all(q.score == q.points for q in full.questions.values())
    blank = mark(released(unit), unit, engine, tmp_path)
    assert {q.state for q in blank.questions.values()} == {"not attempted"}
    assert sum(q.score for q in blank.questions.values()) == 0


def test_marks_are_the_same_twice(engine, tmp_path):
    wrong = solved(LINE, mse="def mse(x, y, m, c):\n    return 1.0")
    first, second = (mark(wrong, LINE, engine, tmp_path) for _ in range(2))
    assert first.questions == second.questions
    assert first.submission == second.submission


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        ("def gd_step(*a):\n    while True:\n        pass", "endless"),
        ("def gd_step(*a):\n    import os\n    os._exit(0)", "died"),
        (
            "def gd_step(*a):\n    import os, signal\n    os.kill(os.getpid(), signal.SIGKILL)",
            "died",
        ),
        ("def gd_step(*a):\n    raise SystemExit", "raised"),
        ("def gd_step(*a):\n    return gd_step(*a)", "raised"),
        ("def gd_step(*a):\n    return [0] * 10**12", "raised"),
        ("gd_step = 3", "missing"),
        ("", "missing"),
        ("def gd_step(:", "missing"),
        ("import os\nos._exit(1)", "missing"),
        ("while True:\n    pass", "missing"),
        ("raise SystemExit", "missing"),
        ("print('x' * 10**9)", "missing"),
    ],
)
def test_a_broken_answer_costs_its_question_only(answer, diagnosis, engine, tmp_path, monkeypatch):
    monkeypatch.setattr("grading.engine.CELL_SECONDS", 3.0)
    monkeypatch.setattr("grading.engine.QUESTION_SECONDS", 2.0)
    record = mark(solved(LINE, gd_step=answer), LINE, engine, tmp_path)
    marks = record.questions
    assert marks["gd_step"].score == 0
    assert marks["gd_step"].diagnosis == diagnosis
    # these two call gd_step in the model solution; all others stand alone
    assert failed(record) == {"gd_step", "fit_line", "fit_until"}
    assert marks["fit_line"].diagnosis == "follows-gd_step"


def test_a_definition_after_the_check_does_not_count(engine, tmp_path):
    notebook = solved(LINE)
    later = nbformat.v4.new_code_cell("def mse(x, y, m, c):\n    return 0.0")
    notebook.cells.append(later)
    assert failed(mark(notebook, LINE, engine, tmp_path)) == set()


def test_a_warning_and_noise_cost_nothing(engine, tmp_path):
    noisy = (
        "import sys, warnings\n"
        "def gd_step(x, y, m, c, lr):\n"
        "    print('hello')\n"
        "    print('oops', file=sys.stderr)\n"
        "    warnings.warn('careful')\n"
        "    np.ones(1) / np.zeros(1)\n"
        "    dm, dc = mse_gradient(x, y, m, c)\n"
        "    return m - lr * dm, c - lr * dc\n"
    )
    record = mark(solved(LINE, gd_step=noisy), LINE, engine, tmp_path)
    assert failed(record) == set()
    assert record.questions["gd_step"].warned


def test_forging_inside_the_process_gains_nothing(engine, tmp_path):
    forged = (
        "import helpers.judge, helpers.check, helpers.calls, helpers.codec, builtins\n"
        "helpers.judge.judge = lambda *a, **k: None\n"
        "helpers.codec._close = lambda *a: True\n"
        "np.allclose = np.array_equal = lambda *a, **k: True\n"
        "check = lambda *a: None\n"
        "class Any(float):\n"
        "    __eq__ = __le__ = __lt__ = lambda *a: True\n"
        "    __hash__ = float.__hash__\n"
        "def gd_step(*a):\n"
        "    return Any(1), Any(2)\n"
    )
    record = mark(solved(LINE, gd_step=forged), LINE, engine, tmp_path)
    assert record.questions["gd_step"].score == 0
    assert record.questions["mse_gradient"].score == 4


def test_hidden_inputs_do_not_reach_any_output(engine, tmp_path):
    # the function writes down what it is called with; nothing hidden of it may come back
    spy = (
        "def gd_step(x, y, m, c, lr):\n"
        "    open('seen.txt', 'a').write(repr((x, y, m, c, lr)))\n"
        "    raise ValueError(repr((x, y, m, c, lr)))\n"
    )
    notebook = solved(LINE, gd_step=spy)
    notebook.cells.append(nbformat.v4.new_code_cell("print(open('seen.txt').read())"))
    record = mark(notebook, LINE, engine, tmp_path)
    calls = HiddenCalls(load_exercises(LINE / "exercises.py")["gd_step"], record.submission)
    secrets = {str(slope) for call in calls.inputs[:3] for name, slope in call if name == "m"}
    assert len(secrets) == 3
    assert "array" in str(record.outputs)
    for text in (str(record.outputs), str(record.questions["gd_step"])):
        assert not [secret for secret in secrets if secret in text]
    assert record.questions["gd_step"].lines[0] == "It stopped with ValueError."


def test_outputs_that_a_person_sees_hold_no_markup(engine, tmp_path):
    notebook = solved(LINE)
    code = (
        "from IPython.display import HTML, SVG, Javascript, display\n"
        "display(HTML('<script>steal()</script>'), Javascript('steal()'), SVG('<svg onload=\"a()\"/>'))"
    )
    notebook.cells.append(nbformat.v4.new_code_cell(code))
    record = mark(notebook, LINE, engine, tmp_path)
    kinds = {m for out in record.outputs.values() for o in out for m in o.get("data", {})}
    assert kinds <= {"text/plain", "image/png", "image/jpeg"}


def test_a_runner_that_is_killed_is_reported_not_waited_for(tmp_path):
    with Engine() as engine:
        engine._process.kill()
        started = time.monotonic()
        with pytest.raises(EngineError, match="ended from inside"):
            mark(solved(LINE), LINE, engine, tmp_path)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize("damage", [delete_cell, double_cell])
@pytest.mark.parametrize("name", ["mse", "mse-answer", "setup", "explain"])
def test_deleted_and_doubled_cells_are_repaired(damage, name):
    notebook = solved(LINE)
    text = damage(name)(copy.deepcopy(notebook))
    repaired, repairs = rebuild(nbformat.reads(text, as_version=4), released(LINE))
    names = [grade_id(cell) for cell in repaired.cells if grade_id(cell)]
    assert names == [grade_id(cell) for cell in released(LINE).cells if grade_id(cell)]
    assert len(repairs) == 1
    assert name in repairs[0]


def test_edited_structure_is_the_instructors_again():
    notebook = solved(LINE)
    by_name = {grade_id(cell): cell for cell in notebook.cells}
    by_name["mse"].source = "print('all right')"
    by_name["mse"].metadata.nbgrader.points = 100
    by_name["setup"].cell_type = "raw"
    by_name["gd_step-answer"].metadata = {"tags": ["skip-execution"]}
    by_name["fit_line-answer"].metadata.nbgrader = "nonsense"
    notebook.cells.reverse()
    repaired, repairs = rebuild(notebook, released(LINE))
    cells = {grade_id(cell): cell for cell in repaired.cells if grade_id(cell)}
    original = {grade_id(cell): cell for cell in released(LINE).cells if grade_id(cell)}
    assert list(cells) == list(original)
    assert {n: c.metadata for n, c in cells.items()} == {n: c.metadata for n, c in original.items()}
    assert cells["mse"].source == "check(mse)"
    assert "gd_step" in cells["gd_step-answer"].source
    assert any("mse had been edited" in repair for repair in repairs)
    json.dumps(repaired)
    nbformat.validate(repaired)
