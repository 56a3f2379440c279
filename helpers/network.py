"""Unit 3: one pass through the 2-2-2 sigmoid network, forward and backward, on its drawing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers.diagram import LINE, Box, Drawing, Part, Pill, Slot, Wire
from helpers.explore import or_notice
from helpers.learner import Unusable
from helpers.script import Keys, Learner, Solution, Step, at, solve
from helpers.stepper import Stepper

STEPS = (
    Step("net_h1", "w1*x1 + w2*x2 + bh1", "Weighted sum into h1"),
    Step("h1", "sigmoid(net_h1)", "Output of h1"),
    Step("net_h2", "w3*x1 + w4*x2 + bh2", "Weighted sum into h2"),
    Step("h2", "sigmoid(net_h2)", "Output of h2"),
    Step("net_o1", "w5*h1 + w6*h2 + bo1", "Weighted sum into o1"),
    Step("o1", "sigmoid(net_o1)", "Output of o1"),
    Step("net_o2", "w7*h1 + w8*h2 + bo2", "Weighted sum into o2"),
    Step("o2", "sigmoid(net_o2)", "Output of o2"),
    Step("E1", "0.5*(t1 - o1)**2", "Error of output 1"),
    Step("E2", "0.5*(t2 - o2)**2", "Error of output 2"),
    Step("E", "E1 + E2", "Error of the network"),
    Step("δ_o1", "(o1 - t1)*o1*(1 - o1)", "Signal of o1", True),
    Step("δ_o2", "(o2 - t2)*o2*(1 - o2)", "Signal of o2", True),
    Step("dE_dw5", "δ_o1*h1", "Gradient of w5", True),
    Step("dE_dw6", "δ_o1*h2", "Gradient of w6", True),
    Step("dE_dw7", "δ_o2*h1", "Gradient of w7", True),
    Step("dE_dw8", "δ_o2*h2", "Gradient of w8", True),
    Step("dE_dbo1", "δ_o1*1", "Gradient of the bias of o1", True),
    Step("dE_dbo2", "δ_o2*1", "Gradient of the bias of o2", True),
    Step("dE1_dh1", "w5*δ_o1", "Path from o1 back to h1", True),
    Step("dE2_dh1", "w7*δ_o2", "Path from o2 back to h1", True),
    Step("dE_dh1", "dE1_dh1 + dE2_dh1", "Both paths into h1, added", True),
    Step("dE1_dh2", "w6*δ_o1", "Path from o1 back to h2", True),
    Step("dE2_dh2", "w8*δ_o2", "Path from o2 back to h2", True),
    Step("dE_dh2", "dE1_dh2 + dE2_dh2", "Both paths into h2, added", True),
    Step("δ_h1", "dE_dh1*h1*(1 - h1)", "Signal of h1", True),
    Step("δ_h2", "dE_dh2*h2*(1 - h2)", "Signal of h2", True),
    Step("dE_dw1", "δ_h1*x1", "Gradient of w1", True),
    Step("dE_dw2", "δ_h1*x2", "Gradient of w2", True),
    Step("dE_dw3", "δ_h2*x1", "Gradient of w3", True),
    Step("dE_dw4", "δ_h2*x2", "Gradient of w4", True),
    Step("dE_dbh1", "δ_h1*1", "Gradient of the bias of h1", True),
    Step("dE_dbh2", "δ_h2*1", "Gradient of the bias of h2", True),
)

# where the arguments and the learner's results hold the values
PARAMETERS: dict[str, Keys] = {
    "w1": ("W1", 0, 0),
    "w2": ("W1", 0, 1),
    "w3": ("W1", 1, 0),
    "w4": ("W1", 1, 1),
    "bh1": ("b1", 0),
    "bh2": ("b1", 1),
    "w5": ("W2", 0, 0),
    "w6": ("W2", 0, 1),
    "w7": ("W2", 1, 0),
    "w8": ("W2", 1, 1),
    "bo1": ("b2", 0),
    "bo2": ("b2", 1),
}
FORWARD: dict[str, Keys] = {"h1": (0, 0), "h2": (0, 1), "o1": (1, 0), "o2": (1, 1)}
BACKWARD = {f"dE_d{name}": keys for name, keys in PARAMETERS.items()}
SHAPES = {"x": (2,), "t": (2,), "W1": (2, 2), "b1": (2,), "W2": (2, 2), "b2": (2,)}

# the drawing
UPPER, LOWER = 136.0, 388.0
CARD, HIDDEN, OUTPUT = 182.0, 395.0, 767.0  # width and middles of the neurons
INPUT, NARROW = 58.0, 110.0  # middle and width of the inputs
WEIGHTS = {  # from and to
    "w1": ("x1", "h1"),
    "w2": ("x2", "h1"),
    "w3": ("x1", "h2"),
    "w4": ("x2", "h2"),
    "w5": ("h1", "o1"),
    "w6": ("h2", "o1"),
    "w7": ("h1", "o2"),
    "w8": ("h2", "o2"),
}
MIDDLES = {"x": INPUT, "h": HIDDEN, "o": OUTPUT}


def height(name: str) -> float:
    """Return the height of a neuron in the drawing.

    Parameters
    ----------
    name : str
        Such as h1.

    Returns
    -------
    float
        Pixels from the top.
    """
    return UPPER if name.endswith("1") else LOWER


def card(neuron: str, values: Sequence[str]) -> Iterator[Part]:
    """Draw a neuron as a card with a line for each of its values, its bias outside.

    Parameters
    ----------
    neuron : str
        Such as h1.
    values : sequence of str
        From top to bottom.

    Yields
    ------
    Part
        The box and its slots.
    """
    x, y = MIDDLES[neuron[0]], height(neuron)
    size = (len(values) + 1) * (LINE + 1) + 10
    first = y - size / 2 + 5 + 1.5 * (LINE + 1)
    bias = f"b{neuron}"
    yield Box(x, y, CARD, size, neuron, values)
    edge, side = (y - size / 2, -1) if y == UPPER else (y + size / 2, 1)
    yield Wire(((x, edge + 18 * side), (x, edge)), bias, (f"dE_d{bias}",))
    yield Pill(bias, f"dE_d{bias}", x, edge + 38 * side, named=False)
    for line, name in enumerate(values):
        yield Slot(name, x, first + line * (LINE + 1), CARD, "row")


def weight(name: str, start: str, end: str) -> Iterator[Part]:
    """Draw a weight on its way, its gradient below it, nearer to the start.

    Parameters
    ----------
    name : str
        Such as w5.
    start, end : str
        The neurons that it connects.

    Yields
    ------
    Part
        The wire and the place of both numbers.
    """
    x0 = MIDDLES[start[0]] + (NARROW if start[0] == "x" else CARD) / 2
    x1, y0, y1 = MIDDLES[end[0]] - CARD / 2, height(start), height(end)
    path = f"dE{end[-1]}_d{start}"  # what comes back along it
    yield Wire(((x0, y0), (x1, y1)), name, (f"dE_d{name}", path))
    room = 14 if y0 == y1 else 8  # for the tip of an arrow, and for the wire that crosses
    yield Pill(name, f"dE_d{name}", x0 + room, y0 + 0.19 * (y1 - y0), named=False, left=True)


def network_drawing() -> Drawing:
    """Draw the network, inputs at the left, the error between the outputs at the right.

    Returns
    -------
    Drawing
        Two inputs, two hidden neurons, two outputs.
    """
    gap = (UPPER + LOWER) / 2
    parts: list[Part] = [Box(OUTPUT, gap, CARD, LINE + 12), Slot("E", OUTPUT, gap, CARD, "row")]
    for k in "12":
        y = height(k)
        parts += [Box(INPUT, y, NARROW, 48), Slot(f"x{k}", INPUT, y)]
        back = [f"dE1_dh{k}", f"dE2_dh{k}", f"dE_dh{k}", f"δ_h{k}"]
        parts += card(f"h{k}", [f"net_h{k}", f"h{k}", *back])
        parts += card(f"o{k}", [f"net_o{k}", f"o{k}", f"t{k}", f"E{k}", f"δ_o{k}"])
        side = 1 if y < gap else -1
        parts.append(Wire(((OUTPUT, y), (OUTPUT, gap - side * (LINE / 2 + 6))), f"E{k}"))
    for name, ends in WEIGHTS.items():
        parts += weight(name, *ends)
    return Drawing(860, 552, parts)


def two_two_two(**arrays: ArrayLike) -> dict[str, np.ndarray]:
    """Take the arguments as arrays of the right shapes.

    Parameters
    ----------
    **arrays : array_like
        x, t, W1, b1, W2, b2.

    Returns
    -------
    dict of ndarray
        Copies.

    Raises
    ------
    Unusable
        If a shape does not fit.
    """
    taken = {name: np.array(values, dtype=float) for name, values in arrays.items()}
    for name, shape in SHAPES.items():
        if taken[name].shape != shape:
            raise Unusable(f"{name} should have the shape {shape}, not {taken[name].shape}")
    return taken


@or_notice
def step_network(
    x: ArrayLike,
    t: ArrayLike,
    W1: ArrayLike,
    b1: ArrayLike,
    W2: ArrayLike,
    b2: ArrayLike,
    forward: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
) -> Stepper:
    """Let a learner go through one pass of a 2-2-2 sigmoid network, one number at a time.

    Parameters
    ----------
    x, t : array_like, shape (2,)
        Inputs and targets.
    W1, W2 : array_like, shape (2, 2)
        Weights; a row holds those that lead into one neuron.
    b1, b2 : array_like, shape (2,)
        One bias a neuron.
    forward : callable, optional
        The learner's ``forward(x, W1, b1, W2, b2)``; returns the pair (h, o).
    backward : callable, optional
        The learner's ``backward(x, t, params)``; returns a dict with W1, b1, W2, b2.

    Returns
    -------
    Stepper
        The network with a value for each step.
    """
    inputs = two_two_two(x=x, t=t, W1=W1, b1=b1, W2=W2, b2=b2)
    numbers = {f"{name}{k + 1}": float(inputs[name][k]) for name in "xt" for k in (0, 1)}
    numbers |= {name: at(inputs, keys) for name, keys in PARAMETERS.items()}
    params = {name: inputs[name] for name in ("W1", "b1", "W2", "b2")}
    ahead = Learner(forward, FORWARD, "the pair (h, o)")
    back = Learner(backward, BACKWARD, "a dict of W1, b1, W2, b2 in the shapes of the parameters")

    def solved() -> Solution:
        return solve(
            STEPS,
            numbers,
            ahead.ask("forward", inputs["x"], *params.values()),
            back.ask("backward", inputs["x"], inputs["t"], params),
        )

    return Stepper(network_drawing(), solved)
