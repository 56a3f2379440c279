"""The pictures of unit 5: numbers and sentences behind them, not pixels."""

import base64
import itertools
import json
import sys
import time
import warnings
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from helpers import digits, explore_batches, plot_confusion, plot_digits, progress
from helpers.explore import Notice
from helpers.marks import Line
from helpers.plots import plot_costs
from helpers.progress_bar import Bar
from helpers.style import number

# --- costs against what they cost -----------------------------------------------------------------


def curves(picture):
    """Return the lines of a picture as arrays of x and y."""
    lines = [mark for mark in picture.frame.marks if isinstance(mark, Line)]
    return [(np.asarray(line.x), np.asarray(line.y)) for line in lines]


def test_x_grows_by_the_examples_of_a_step():
    runs = {"B = 10": [9, 4, 1], "B = 2": [9, 8, 6, 5, 3]}
    picture = plot_costs(runs, "example gradients", "MSE", per_step={"B = 10": 10, "B = 2": 2})
    (full, _), (small, costs) = curves(picture)
    assert full.tolist() == [0, 10, 20]
    assert small.tolist() == [0, 2, 4, 6, 8]
    assert costs.tolist() == runs["B = 2"]
    assert picture.stage.panels["costs"].xlim == (0, pytest.approx(20.6))
    assert picture.description == (
        "B = 10: the MSE falls from 9 to 1 in 2 steps (example gradients: 20). "
        "B = 2: the MSE falls from 9 to 3 in 4 steps (example gradients: 8)."
    )


def test_without_per_step_x_counts_steps_as_before():
    picture = plot_costs({"a": [4, 1], "b": [1, 2, 3]}, "epoch")
    assert [x.tolist() for x, _ in curves(picture)] == [[0, 1], [0, 1, 2]]
    assert "in 2 epochs." in picture.description


@pytest.mark.parametrize("wrong", [{}, {"run": 1}, {"a": 0}, {"a": -3}, {"a": np.inf}])
def test_a_run_without_a_number_becomes_a_sentence(wrong):
    notice = plot_costs({"a": [4, 1]}, per_step=wrong)
    assert isinstance(notice, Notice)
    assert "per_step should have a number above 0 for 'a'" in notice.description


# --- batch sizes ----------------------------------------------------------------------------------

DAYS = (np.arange(20, 40, 2.0) - 29) / 10
SALES = np.array([300, 320, 420, 400, 480, 560, 540, 620, 650, 720.0])


def mse(m, c):
    """Return the loss on all ten days."""
    return np.mean((m * DAYS + c - SALES) ** 2)


def sgd(B, lr, epochs, seed=0):
    """Run SGD and return every place."""
    rng = np.random.default_rng(seed)
    place, path = np.zeros(2), [np.zeros(2)]
    for _ in range(epochs):
        order = rng.permutation(10)
        for first in range(0, 10, B):
            some = order[first : first + B]
            error = place[0] * DAYS[some] + place[1] - SALES[some]
            place = place - lr * 2 * np.array([np.mean(error * DAYS[some]), np.mean(error)])
            path.append(place)
    return np.array(path)


def caption(picture):
    """Return what a screen reader hears."""
    return ET.fromstring(picture.caption.value).text


def press(picture, words):
    """Press a button."""
    next(b for b in picture.buttons.children if b.description == words).click()


@pytest.fixture
def batches():
    """Ten days, 100 example gradients, four batch sizes."""
    return explore_batches(mse, sgd, [1, 2, 4, 10], 100)


@pytest.mark.parametrize("size", [1, 2, 4, 10])
def test_every_batch_size_spends_the_same_budget(batches, size):
    batches.controls["B"].value = size
    path = sgd(size, 0.1, 10)
    final = mse(*path[-1])
    assert caption(batches) == (
        f"B = {size}, lr = 0.1: {len(path) - 1} updates, 100 examples, final MSE {number(final)}."
    )
    trial = batches.budget.trial(size, 0.1)
    assert trial.spent[-1] == 100
    assert (np.diff(trial.spent) > 0).all()
    assert trial.losses == pytest.approx([mse(*place) for place in path])


def test_a_short_last_batch_costs_less_and_the_budget_may_end_inside_an_epoch():
    picture = explore_batches(mse, sgd, [4], 25)
    trial = picture.budget.trial(4, 0.1)
    assert trial.spent.tolist() == [0, 4, 8, 10, 14, 18, 20, 24]
    assert trial.path == pytest.approx(sgd(4, 0.1, 3)[:8])


def test_a_run_that_leaves_out_the_short_batch_still_keeps_the_budget():
    def careless(B, lr, epochs, seed=0):
        return sgd(1, lr, epochs)[: epochs * (10 // B) + 1]

    trial = explore_batches(mse, careless, [4], 40).budget.trial(4, 0.1)
    assert trial.spent.tolist() == [0, 4, 8, 12, 16, 20, 24, 28, 32]


def test_diverging_runs_are_said_and_stay_in_the_picture(batches):
    batches.controls["lr"].value = 1.0
    said = caption(batches)
    assert said.startswith(
        "B = 1, lr = 1: 100 updates, 100 examples, diverging: the MSE was 268970"
    )
    assert "far outside the map from update" in said
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tree = ET.fromstring(batches.stage.svg(batches.current().marks, "x"))
    words = [path.get("d") for path in tree.iter("{http://www.w3.org/2000/svg}path")]
    assert not any("nan" in word or "inf" in word for word in words)
    assert ("1", "1", "100", batches.rows()[-1][3], "diverging") in batches.rows()


def test_the_table_names_the_best_setting_with_a_word(batches):
    assert [row[4] for row in batches.rows()] == ["best so far"]
    press(batches, "B = 10, lr = 0.1")
    assert batches.controls["B"].value == 10
    assert [row[4] for row in batches.rows()] == ["best so far", ""]
    batches.set({"B": 10, "lr": 0.5})
    assert [row[:2] for row in batches.rows()] == [("1", "0.1"), ("10", "0.1"), ("10", "0.5")]
    assert [row[4] for row in batches.rows()] == ["", "", "best so far"]
    table = ET.fromstring(batches.table.value)
    assert "best so far" in "".join(table.itertext())


def test_a_long_table_keeps_the_best(batches):
    for size in (2, 4, 10):
        for rate in (0.003, 0.005, 0.01, 0.02, 0.03):
            batches.set({"B": size, "lr": rate})
    assert len(batches.rows()) == 12
    assert batches.rows()[0][4] == "best so far"


def test_batches_have_three_still_states_and_are_fast(batches):
    bundle = batches._repr_mimebundle_()
    assert bundle["text/html"].count("<img") == bundle["text/html"].count(" alt=") == 3
    json.dumps(bundle)
    start = time.perf_counter()
    batches.controls["lr"].value = 0.2
    assert time.perf_counter() - start < 1


def nothing(*_arguments):
    """Stand for a function that nobody has written."""
    raise NotImplementedError


@pytest.mark.parametrize(
    ("loss", "run", "sizes", "examples", "words"),
    [
        (mse, nothing, [1], 100, "nothing is not written"),
        (nothing, sgd, [1], 100, "nothing is not written"),
        (mse, lambda *_: None, [1], 100, "shape (updates + 1, 2), not None"),
        (mse, lambda *_: [1, 2, 3], [1], 100, "should return an array of shape"),
        (lambda m, c: None, sgd, [1], 100, "should return one number"),
        (mse, sgd, [1], 9, "examples should be at least 10"),
        (mse, sgd, [], 100, "batch_sizes should hold whole numbers"),
        (mse, sgd, [0, 2], 100, "batch_sizes should hold whole numbers"),
    ],
)
def test_bad_batches_become_a_sentence(loss, run, sizes, examples, words):
    notice = explore_batches(loss, run, sizes, examples)
    assert isinstance(notice, Notice)
    assert words in notice.description


def test_a_run_that_fails_at_one_setting_says_so_there():
    def touchy(B, lr, epochs, seed=0):
        if lr == 0.5:
            raise ValueError("not here")
        return sgd(B, lr, epochs)

    picture = explore_batches(mse, touchy, [1, 10], 50)
    picture.controls["lr"].value = 0.5
    assert "not here" in caption(picture)
    picture.controls["lr"].value = 0.2
    assert len(picture.rows()) == 2


# --- digits ---------------------------------------------------------------------------------------


def test_the_digits_are_all_there():
    X, labels = digits()
    assert X.shape == (1797, 64)
    assert X.dtype == float
    assert labels.dtype.kind == "i"
    assert (X.min(), X.max()) == (0, 1)
    assert np.bincount(labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert X.sum() == pytest.approx(561718 / 16)
    X[:] = 7
    assert digits()[0].max() == 1


def test_digits_are_listed_with_what_they_are_read_as():
    X, labels = digits()
    picture = plot_digits(X[:4], labels[:4], [0, 1, 8, 3])
    assert picture.description == ("4 pictures, 3 read rightly. In order: 0; 1; 2, read as 8; 3.")
    texts = [text.get_text() for text in picture.stage.axes("digits").texts]
    assert texts == ["0", "1", "2, read as 8", "3"]
    pictures = picture.stage.axes("digits").images
    assert np.asarray(pictures[2].get_array()) == pytest.approx(X[2].reshape(8, 8))
    assert plot_digits(X[7], 7).description == "1 picture. In order: 7."


def test_many_digits_are_cut_and_said():
    X, labels = digits()
    picture = plot_digits(X, labels)
    assert picture.description.startswith("1797 pictures, the first 40 shown. In order: 0; 1; 2;")
    assert len(picture.stage.axes("digits").images) == 40


def test_confusion_counts_and_names_the_commonest():
    labels = [8, 8, 8, 9, 9, 3, 3, 1, 0, 0]
    read = [1, 1, 8, 5, 9, 8, 3, 7, 0, 0]
    picture = plot_confusion(labels, read)
    assert picture.description == (
        "10 examples, 5 read rightly (50.0%). Commonest confusions: "
        "8 read as 1 (2 times), 1 read as 7 (once), 3 read as 8 (once)."
    )
    texts = [text.get_text() for text in picture.stage.axes("counts").texts]
    counts = np.array(texts, dtype=int).reshape(10, 10)
    assert counts.sum() == 10
    assert (counts[8, 1], counts[8, 8], counts[9, 5], counts[0, 0]) == (2, 1, 1, 2)
    assert plot_confusion([1, 2], [1, 2]).description.endswith("(100.0%). No confusions.")


def test_digit_pictures_have_alternatives_in_ascii():
    X, labels = digits()
    for picture in (plot_digits(X[:9], labels[:9]), plot_confusion(labels, labels)):
        bundle = picture._repr_mimebundle_()
        assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
        assert bundle["text/html"].count(" alt=") == 1
        assert bundle["text/plain"] == picture.description


@pytest.mark.parametrize(
    ("draw", "words"),
    [
        (lambda: plot_digits(np.ones((2, 63)), [1, 2]), "X should have the shape (n, 64)"),
        (lambda: plot_digits(np.ones((2, 64)), [1]), "labels should be 2 numbers"),
        (lambda: plot_digits(np.ones((1, 64)), [1], [1, 2]), "predictions should be 1 number"),
        (lambda: plot_digits(np.ones((1, 64)), [0.5]), "labels should be whole numbers"),
        (lambda: plot_confusion([1, 2], [1]), "predictions should be 2 numbers"),
        (lambda: plot_confusion([1, -2], [1, 2]), "labels should be whole numbers from 0 up"),
        (lambda: plot_confusion([], []), "labels should be one number each"),
        (lambda: plot_confusion(np.eye(3), [0, 1, 2]), "not an array of shape (3, 3)"),
        (lambda: plot_confusion([1, 99], [1, 2]), "should be below 30"),
    ],
)
def test_bad_digits_become_a_sentence(draw, words):
    notice = draw()
    assert isinstance(notice, Notice)
    assert words in notice.description


# --- progress -------------------------------------------------------------------------------------


def test_progress_gives_the_members_and_writes_a_few_lines(capsys):
    assert list(progress(30)) == list(range(30))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "epoch 1 of 30"
    assert lines[-1] == "30 epochs done"
    assert len(lines) == 11
    assert list(progress("ab", "letter")) == ["a", "b"]
    assert capsys.readouterr().out == "letter 1 of 2\nletter 2 of 2\n2 letters done\n"
    assert list(progress(itertools.islice(itertools.count(), 2))) == [0, 1]
    assert list(progress(np.int64(0))) == []
    assert capsys.readouterr().out.endswith("\n0 epochs done\n")


def test_progress_tells_where_a_loop_stopped(capsys):
    for epoch in progress(30):
        if epoch == 6:
            break
    assert "stopped in epoch 7 of 30" in capsys.readouterr().out
    with pytest.raises(TypeError):
        progress(3.5)


class Shell:
    """Stand for a notebook's shell."""

    kernel = object()


def test_progress_is_a_bar_in_a_notebook(monkeypatch):
    shown = []
    module = sys.modules["helpers.progress_bar"]
    monkeypatch.setattr(module, "get_ipython", Shell)
    monkeypatch.setattr(module, "display", shown.append)
    monkeypatch.setattr(module, "PAUSE", 0)
    for epoch in progress(30):
        (bar,) = shown
        assert isinstance(bar, Bar)
        assert bar.label.value == f"epoch {epoch + 1} of 30"
        assert (bar.bar.value, bar.bar.max) == (epoch, 30)
    assert (bar.bar.value, bar.label.value) == (30, "30 epochs done")
    bundle = bar._repr_mimebundle_()
    assert bundle["text/plain"] == "Progress over 30 epochs"
    assert "application/vnd.jupyter.widget-view+json" in bundle
