"""The pictures of unit 5: numbers and sentences behind them, not pixels."""

import numpy as np
import pytest

from helpers.explore import Notice
from helpers.marks import Line
from helpers.plots import plot_costs

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
