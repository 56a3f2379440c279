"""Marking whole notebooks: run in the runner, judged by the marker, one question at a time."""

import contextlib
import copy
import json
from dataclasses import replace

import nbformat
import pytest
from traitlets.config import PyFileConfigLoader

from grading.cells import only_adds, steps
from grading.course import COURSE, CourseError, units
from grading.demo import delete_cell, double_cell
from grading.engine import Engine, EngineError
from grading.exercise import load_exercises
from grading.intake import read_files
from grading.marker import HiddenCalls, hidden_calls, mark_notebook, mark_question, question_of
from grading.nbgrader_plugins import Rebuild
from grading.pages import feedback
from grading.rebuild import grade_id, rebuild
from helpers.calls import observe

UNITS = units(COURSE)
LINE = COURSE / "source" / "1-line-fitting"


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


def mark(notebook, unit, engine):
    return mark_notebook(notebook, load_exercises(unit / "exercises.py"), {}, engine)


def failed(record):
    return {name for name, mark in record.questions.items() if not all(p.right for p in mark.parts)}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_the_solution_scores_full_and_the_release_nothing(unit, engine):
    full = mark(solved(unit), unit, engine)
    assert failed(full) == set()
    assert all(q.score == q.points for q in full.questions.values())
    blank = mark(released(unit), unit, engine)
    assert {q.state for q in blank.questions.values()} == {"not attempted"}
    assert sum(q.score for q in blank.questions.values()) == 0


def test_the_hidden_cases_are_drawn_from_all_that_was_written(engine, tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("I think so.")])
    first = mark_notebook(notebook, {}, {}, engine).submission
    notebook.cells[0].source = "I think not."
    assert mark_notebook(notebook, {}, {}, engine).submission != first


@pytest.mark.parametrize(
    ("answer", "diagnosis"),
    [
        ("def gd_step(*a):\n    while True:\n        pass", "endless"),
        ("def gd_step(*a):\n    import os\n    os._exit(0)", "died"),
        (
            "def gd_step(*a):\n    import ctypes\n    ctypes.string_at(0)",
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
def test_a_broken_answer_costs_its_question_only(answer, diagnosis, engine, monkeypatch):
    monkeypatch.setattr("grading.engine.CELL_SECONDS", 3.0)
    monkeypatch.setattr("grading.marker.LEAST_SECONDS", 1.0)
    record = mark(solved(LINE, gd_step=answer), LINE, engine)
    marks = record.questions
    assert marks["gd_step"].score == 0
    assert marks["gd_step"].diagnosis == diagnosis
    # these two call gd_step in the model solution; all others stand alone
    assert failed(record) == {"gd_step", "fit_line", "fit_until"}
    assert marks["fit_line"].diagnosis == "follows-gd_step"


@pytest.mark.parametrize(
    ("leaves", "needs"),
    [
        ("global left\n    left = 1", "left"),
        ("mse.left = 1", "mse.left"),
        ("notes.append(1)", "notes[0]"),
    ],
)
def test_no_function_lives_on_what_another_left_behind(leaves, needs, engine):
    answer = (
        "notes = []\n"
        f"def mse(x, y, m, c):\n    {leaves}\n"
        "    return np.mean((predict_line(x, m, c) - np.asarray(y)) ** 2)"
    )
    notebook = solved(LINE, mse=answer)
    cell = next(c for c in notebook.cells if grade_id(c) == "center_scale-answer")
    cell.source = cell.source.replace("x = np.asarray", f"{needs}\n    x = np.asarray", 1)
    assert failed(mark(notebook, LINE, engine)) == {"center_scale"}


@pytest.mark.parametrize(
    "source",
    [
        "def used(): return 1",
        "def f(a=used()): return 1",
        "def f(a=[]): return 1",
        "def f(a: used): return 1",
        "@used\ndef f(): return 1",
        "class A: pass",
        "a = 1",
        "import os",
        "%time",
        "def f(:",
    ],
)
def test_what_more_than_adds_a_function_is_not_put_off(source):
    assert only_adds("def f(a, b=1): return used(a)", "def g(): return used()")
    assert not only_adds("def f(a, b=1): return used(a)", "def g(): return globals()")
    assert not only_adds(source, "def g(): return used()")


def test_most_questions_are_asked_together():
    cells = [
        {
            "source": cell.source,
            "question": question_of(cell, load_exercises(LINE / "exercises.py")),
        }
        for cell in solved(LINE).cells
        if cell.cell_type == "code"
    ]
    assert [len(step["questions"]) for step in steps(cells) if "questions" in step] == [10]


def test_a_definition_after_the_check_does_not_count(engine, tmp_path):
    notebook = solved(LINE)
    later = nbformat.v4.new_code_cell("def mse(x, y, m, c):\n    return 0.0")
    notebook.cells.append(later)
    assert failed(mark(notebook, LINE, engine)) == set()


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
    record = mark(solved(LINE, gd_step=noisy), LINE, engine)
    assert failed(record) == set()
    assert record.questions["gd_step"].warned


def test_forging_inside_the_process_gains_nothing(engine, tmp_path):
    forged = (
        "import helpers.judge, helpers.checking, helpers.calls, helpers.codec, builtins\n"
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
    record = mark(solved(LINE, gd_step=forged), LINE, engine)
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
    tries = "try:\n    gd_step(*'array')\nexcept ValueError:\n    print(open('seen.txt').read())"
    notebook.cells.append(nbformat.v4.new_code_cell(tries))
    record = mark(notebook, LINE, engine)
    calls = hidden_calls(load_exercises(LINE / "exercises.py")["gd_step"])
    secrets = {str(slope) for call in calls.inputs[:3] for name, slope in call if name == "m"}
    assert len(secrets) == 3
    assert "('a', 'r', 'r', 'a', 'y')" in str(record.outputs)
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
    record = mark(notebook, LINE, engine)
    kinds = {m for out in record.outputs.values() for o in out for m in o.get("data", {})}
    assert kinds <= {"text/plain", "image/png", "image/jpeg"}


FORGE = """
import json, os, struct
body = json.dumps([{"returned": 1}] * 20).encode()
for descriptor in range(3, 40):
    try:
        os.write(descriptor, struct.pack(">I", len(body)) + body)
    except OSError:
        pass
"""


@pytest.mark.parametrize("attack", [FORGE, "import os\nos.kill(os.getppid(), 9)"])
def test_an_attack_on_the_runner_reaches_no_other_student(attack, engine):
    with contextlib.suppress(EngineError):
        mark(solved(LINE, mse=attack), LINE, engine)
    assert failed(mark(solved(LINE), LINE, engine)) == set()


def test_a_failing_marker_leaves_nothing_for_the_next_student(engine, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("grading.marker.judge", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            mark(solved(LINE), LINE, engine)
    assert failed(mark(solved(LINE), LINE, engine)) == set()


def test_a_check_without_an_exercise_is_refused_and_never_run(engine, tmp_path):
    exercises = load_exercises(LINE / "exercises.py")
    del exercises["mse"]
    forged = solved(LINE, predict_line="check = lambda function: None")
    with pytest.raises(CourseError, match="no exercise mse"):
        mark_notebook(forged, exercises, {}, engine)


def test_a_person_sees_what_the_cells_show():
    shows = (
        "for k in range(20_000):\n    print(k)",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        "noise = np.random.default_rng(0).random((300, 300))\n"
        "plt.figure(figsize=(16, 16))\n_ = plt.imshow(noise)",
        "check(mse)",
    )
    notebook = solved(LINE)
    notebook.cells += [nbformat.v4.new_code_cell(source) for source in shows]
    exercises = load_exercises(LINE / "exercises.py")
    path = COURSE / "release" / LINE.name / "checks.json"
    checks = {path.name: path.read_bytes()}
    with Engine(figures=True) as drawing:
        record = mark_notebook(notebook, exercises, checks, drawing)
    assert not record.lost
    printed, small, large, checked = (record.outputs[k] for k in list(record.outputs)[-4:])
    assert printed[0]["text"].endswith("19999\n")
    assert 200_000 < len(large[0]["data"]["image/png"]) < 2_000_000
    assert small[0]["data"]["image/png"].startswith("iVBOR")
    assert checked[0]["data"]["text/plain"].startswith("RIGHT: mse")


def test_without_figures_a_text_stands_for_each(engine):
    notebook = solved(LINE)
    source = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"
    notebook.cells.append(nbformat.v4.new_code_cell(source))
    record = mark(notebook, LINE, engine)
    explored, plotted = (record.outputs[k][0]["data"] for k in list(record.outputs)[-2:])
    assert set(explored) == set(plotted) == {"text/plain"}


def test_files_of_a_submission_come_along_within_limits(tmp_path, monkeypatch):
    monkeypatch.setattr("grading.intake.MAX_OTHERS", 100)
    source = tmp_path / "from"
    (source / "data").mkdir(parents=True)
    (source / "data" / "points.csv").write_text("1,2\n")
    (source / "huge.csv").write_text("1" * 101)
    (source / "link").symlink_to("/etc/passwd")
    files, left_out = read_files(source)
    assert files == {"data/points.csv": b"1,2\n"}
    assert [sentence.split()[2] for sentence in left_out] == ["huge.csv", "link"]


def test_only_what_a_function_itself_calls_is_named_as_the_cause(engine, tmp_path):
    wrong = "def mse(x, y, m, c):\n    return 1.0"
    beside = (
        "def unused():\n    return mse(1, 2, 3, 4)\n\n"
        "def gd_step(x, y, m, c, lr):\n    # not with mse(x, y, m, c)\n    return m - lr, c - lr"
    )
    marks = mark(solved(LINE, mse=wrong, gd_step=beside), LINE, engine).questions
    assert not marks["gd_step"].diagnosis.startswith("follows")
    assert marks["fit_until"].diagnosis.startswith("follows")


def test_a_changed_argument_is_named_also_where_it_costs_nothing():
    exercise = replace(load_exercises(LINE / "exercises.py")["predict_line"], unchanged=0)

    def changes(x, m, c):
        result = exercise.reference(x, m, c)
        if isinstance(x, list):
            x[0] = 99
        return result

    calls = HiddenCalls(exercise)
    mark = mark_question(calls, list(observe(changes, calls.inputs)))
    assert mark.score == mark.points
    assert any("changed what it was given" in line for line in feedback("predict_line", mark)[1])


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


def retype(notebook, name, keep_stub=False):
    """Move an answer to a cell of the student's own at the beginning of the notebook."""
    stubs = {grade_id(cell): cell.source for cell in released(LINE).cells}
    (cell,) = (cell for cell in notebook.cells if grade_id(cell) == name)
    make = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}
    own = make[cell.cell_type](cell.source)
    cell.source = stubs[name]
    notebook.cells = [own, *(c for c in notebook.cells if keep_stub or c is not cell)]


@pytest.mark.parametrize("keep_stub", [True, False])
def test_an_answer_in_a_cell_of_its_own_counts(keep_stub, engine):
    notebook = solved(LINE)
    retype(notebook, "mse-answer", keep_stub)
    notebook.cells.insert(0, nbformat.v4.new_code_cell("def mse(*a):\n    return 'an early try'"))
    repaired, repairs = rebuild(notebook, released(LINE))
    assert failed(mark(repaired, LINE, engine)) == set()
    assert [("mse-answer" in r, "last other cell" in r) for r in repairs] == [(True, True)]


def test_a_notebook_without_any_metadata_keeps_its_answers(engine, tmp_path):
    bare = solved(LINE)
    for number, cell in enumerate(bare.cells):
        cell.metadata, cell.id = {}, f"new-{number}"
    repaired, _ = rebuild(bare, released(LINE))
    kept = [cell.source for cell in repaired.cells]
    assert all(kept.count(cell.source) == 1 for cell in solved(LINE).cells)
    assert failed(mark(repaired, LINE, engine)) == set()


@pytest.mark.parametrize("keep_stub", [True, False])
def test_a_written_answer_elsewhere_goes_to_a_person(keep_stub):
    notebook = solved(LINE)
    retype(notebook, "explain", keep_stub)
    written = notebook.cells[0].source
    repaired, repairs = rebuild(notebook, released(LINE))
    texts = {grade_id(cell): cell.source for cell in repaired.cells if grade_id(cell)}
    stubs = {grade_id(cell): cell.source for cell in released(LINE).cells if grade_id(cell)}
    assert texts["explain"] != stubs["explain"]  # nbgrader gives 0 to what is unchanged
    assert written in [cell.source for cell in repaired.cells]
    assert len(repairs) == 1


def test_nobody_typing_in_release_changes_the_marking(tmp_path):
    (path,) = LINE.glob("*.ipynb")
    folder = tmp_path / "submitted" / "student" / LINE.name
    source = tmp_path / "source" / LINE.name
    source.mkdir(parents=True)
    (source / path.name).write_bytes(path.read_bytes())  # and no release/ at all
    config = PyFileConfigLoader("nbgrader_config.py", path=str(COURSE)).load_config()
    resources = {
        "metadata": {"path": str(folder)},
        "nbgrader": {"assignment": LINE.name, "notebook": path.stem},
    }
    empty = nbformat.v4.new_notebook()
    rebuilt, _ = Rebuild(config=config).preprocess(empty, resources)
    expected = [cell for cell in released(LINE).cells if grade_id(cell)]
    assert [(c.source, c.metadata) for c in rebuilt.cells] == [
        (c.source, c.metadata) for c in expected
    ]


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
