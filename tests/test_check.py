"""The check that a learner meets: its three states, its words, its manners."""

import functools
import io
import signal
import sys

import numpy as np
import pytest
from IPython.core.interactiveshell import InteractiveShell

from grading.course import COURSE
from helpers import check, hint
from helpers import check as exported
from helpers.report import Message, Report

RELEASE = COURSE / "release" / "1-line-fitting"


@pytest.fixture
def notebook(monkeypatch):
    """Run code as a notebook cell would in the released folder; return (text, error)."""
    monkeypatch.chdir(RELEASE)
    shown = []
    monkeypatch.setattr(Report, "show", lambda self: shown.append(repr(self)))
    names = {"np": np, "check": check, "hint": hint, "functools": functools}

    def run(code):
        shown.clear()
        error = None
        try:
            exec(compile(code, "<cell>", "exec"), names)
        except Message as message:
            error = message
        return "\n".join(shown), error

    return run


def test_an_unwritten_function_is_not_attempted(notebook):
    _, error = notebook("def mse(x, y, m, c):\n    raise NotImplementedError\ncheck(mse)")
    assert str(error).startswith("NOT ATTEMPTED: mse")
    assert "hint(mse)" in str(error)


def test_a_right_function_is_praised(notebook):
    text, error = notebook(
        "def unscale(a, b, mu, sd):\n    return a / sd, b - a * mu / sd\ncheck(unscale)"
    )
    assert error is None
    assert text.startswith("RIGHT: unscale")


def test_a_known_mistake_is_named_beside_both_numbers(notebook):
    code = "def mse(x, y, m, c):\n    return np.sum((m * np.asarray(x) + c - y) ** 2)\ncheck(mse)"
    _, error = notebook(code)
    title, seen, advice = str(error).split("\n")
    assert title == "NOT YET: mse"
    assert "674400" in seen
    assert "224800" in seen
    assert "Exactly n times too large" in advice


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("pass", "returned nothing"),
        ("return 1 / 0", "ZeroDivisionError"),
        ("return [1.0]", "a list of 1 value; one number"),
        ("return np.ones((3, 1))", "an array of shape (3, 1); one number"),
        ("return True", "True or False; one number"),
        ("return 3 * np.mean((m * np.asarray(x) + c - y) ** 2)", "value is off"),
        ("return -np.mean((m * np.asarray(x) + c - y) ** 2)", "opposite sign"),
        ("return float('nan')", "nan or infinity"),
        ("return misspelt", "Check its spelling"),
        ("return mse(x, y, m, c)", "calls itself without end"),
        ("exit()", "ended the program"),
        ("y[0] = 0; return 1.0", "value is off"),
    ],
)
def test_other_troubles_get_a_sentence_and_no_traceback(notebook, body, words):
    _, error = notebook(f"def mse(x, y, m, c):\n    {body}\ncheck(mse)")
    assert words in str(error)
    assert len(str(error).split("\n")) <= 4
    assert " ".join(error._render_traceback_()).split() == str(error).split()
    assert all(len(line) <= 88 for line in error._render_traceback_())


def test_a_changed_argument_is_named(notebook):
    body = "x = np.asarray(x, float); p = m * x + c; x[...] = p; return p.copy()"
    _, error = notebook(f"def predict_line(x, m, c):\n    {body}\ncheck(predict_line)")
    assert "changed" in str(error)


def test_a_result_that_a_later_call_overwrites_is_named(notebook):
    code = """
kept = np.zeros(9)
def predict_line(x, m, c):
    kept[:len(x)] = m * np.asarray(x, float) + c
    return kept[:len(x)]
check(predict_line)"""
    assert "earlier result" in str(notebook(code)[1])


def test_a_result_that_remembers_is_named(notebook):
    code = """
calls = []
def next_value(value):
    calls.append(1)
    return value + (len(calls) > 3)
def unscale(a, b, mu, sd):
    return next_value(a / sd), b - a * mu / sd
check(unscale)"""
    assert "second time" in str(notebook(code)[1])


@pytest.mark.parametrize("handler", [signal.default_int_handler, signal.SIG_IGN])
def test_an_endless_loop_is_stopped(notebook, monkeypatch, handler):
    before = signal.signal(signal.SIGINT, handler)  # a job in the background ignores interrupts
    monkeypatch.setattr(sys.modules["helpers.checking"], "SECONDS", 1)
    _, error = notebook("def mse(x, y, m, c):\n    while True:\n        pass\ncheck(mse)")
    assert "never reached" in str(error)
    assert signal.signal(signal.SIGINT, before) == handler


def test_warnings_are_information(notebook, capsys):
    code = """
def unscale(a, b, mu, sd):
    np.ones(1) / np.zeros(1)
    return a / sd, b - a * mu / sd
check(unscale)"""
    text, error = notebook(code)
    assert error is None
    assert "costs nothing" in text
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "code",
    [
        "unscale = lambda a, b, mu, sd: (a / sd, b - a * mu / sd)",
        "def f(a, b, mu, sd): return a / sd, b - a * mu / sd\nunscale = f",
        "def f(k, a, b, mu, sd): return a / sd, b - a * mu / sd\nunscale = functools.partial(f, 1)",
        "class Line:\n    def __call__(self, a, b, mu, sd): return a / sd, b - a * mu / sd\nunscale = Line()",
    ],
)
def test_any_callable_of_that_name_is_checked(notebook, code):
    assert notebook(f"{code}\ncheck(unscale)")[0].startswith("RIGHT: unscale")


def test_two_names_for_one_function_are_told_apart(notebook, tmp_path):
    # the call's own line decides, so a copied function is checked as what it is called
    path = tmp_path / "cell.py"
    path.write_text("def mse(x, y, m, c):\n    return 0.0\ngd_step = mse\ncheck(gd_step)\n")
    code = f"exec(compile(open({str(path)!r}).read(), {str(path)!r}, 'exec'), globals())"
    assert "gd_step" in str(notebook(code)[1]).split("\n")[0]


def test_something_without_a_check_is_refused_kindly(notebook):
    assert "There is no check" in str(notebook("check(len)")[1])
    assert "without quotes" in str(notebook("check('mse')")[1])


def test_missing_check_data_are_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Message, match=r"checks\.json is missing"):
        check(len)


def test_hints_come_one_after_the_other_and_end(notebook):
    texts = [notebook("def gd_step(): pass\nhint(gd_step)")[0] for _ in range(4)]
    assert [text.split(" for ")[0] for text in texts] == [
        "Hint 1 of 3",
        "Hint 2 of 3",
        "Hint 3 of 3",
        "Hint 3 of 3",
    ]


def test_the_message_replaces_the_traceback_in_a_notebook(monkeypatch):
    monkeypatch.chdir(RELEASE)
    shell = InteractiveShell()
    shell.user_ns["check"] = exported
    printed = io.StringIO()
    monkeypatch.setattr(sys, "stdout", printed)
    monkeypatch.setattr(sys, "stderr", printed)
    shell.run_cell("def mse(x, y, m, c):\n    raise NotImplementedError\ncheck(mse)")
    assert "NOT ATTEMPTED: mse" in printed.getvalue()
    assert "Traceback" not in printed.getvalue()
    assert "helpers" not in printed.getvalue()
