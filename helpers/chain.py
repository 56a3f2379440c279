"""Unit 2: the chain of two neurons as a computational graph, one operation at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from helpers.controls import slider
from helpers.diagram import Box, Drawing, Part, Pill, Slot, Wire
from helpers.explore import or_notice
from helpers.script import Keys, Learner, Solution, Step, solve
from helpers.stepper import Stepper

REACH = 4.0  # of the sliders, to both sides
FORWARD: dict[str, Keys] = {"a2": (0,), "a3": (1,)}
BACKWARD: dict[str, Keys] = {f"dC_d{name}": (name,) for name in ("w1", "b1", "w2", "b2")}

TOP, LOW = 116.0, 316.0  # the wires of the two neurons
LEFT, RIGHT = 18.0, 842.0  # where the wire between them runs
STRAIGHT = ((235.0, 490.0), (130.0, 340.0))  # product and sum of each neuron
BENT = ((215.0, 425.0, 620.0), (118.0, 308.0, 466.0))  # product, sum and sigmoid
LOSS, END = 642.0, 792.0


def chain_steps(bend: bool) -> list[Step]:
    """Return all operations, forward and then backward.

    Parameters
    ----------
    bend : bool
        Whether each neuron ends in a sigmoid.

    Returns
    -------
    list of Step
        11, or 15 with sigmoids.
    """
    s2, s3 = ("dC_dz2", "dC_dz3") if bend else ("dC_da2", "dC_da3")
    z2, z3 = ("z2", "z3") if bend else ("a2", "a3")
    steps = (
        Step("p1", "w1*a1", "Product in neuron 1"),
        Step(z2, "p1 + b1", "Sum in neuron 1"),
        Step("a2", "sigmoid(z2)", "Sigmoid of neuron 1"),
        Step("p2", "w2*a2", "Product in neuron 2"),
        Step(z3, "p2 + b2", "Sum in neuron 2"),
        Step("a3", "sigmoid(z3)", "Sigmoid of neuron 2"),
        Step("C", "(d - a3)**2", "Loss"),
        Step("dC_da3", "-2*(d - a3)", "Slope of the loss", True),
        Step("dC_dz3", "dC_da3*a3*(1 - a3)", "Back through the sigmoid, to z3", True),
        Step("dC_db2", f"{s3}*1", "Back through the sum, to b2", True),
        Step("dC_dw2", f"{s3}*a2", "Back through the product, to w2", True),
        Step("dC_da2", f"{s3}*w2", "Back through the product, to a2", True),
        Step("dC_dz2", "dC_da2*a2*(1 - a2)", "Back through the sigmoid, to z2", True),
        Step("dC_db1", f"{s2}*1", "Back through the sum, to b1", True),
        Step("dC_dw1", f"{s2}*a1", "Back through the product, to w1", True),
    )
    return [step for step in steps if bend or "igmoid" not in step.words]


def operation(sign: str, x: float, y: float, *steps: str) -> Box:
    """Draw a round box.

    Parameters
    ----------
    sign : str
        What it does.
    x, y : float
        Its middle.
    *steps : str
        The steps that it makes, in both directions.

    Returns
    -------
    Box
        40 pixels wide.
    """
    return Box(x, y, 40, 40, sign, steps, corner=20)


def along(name: str, x0: float, x1: float, y: float, gradient: Slot) -> Iterator[Part]:
    """Draw a wire between two operations, with its value above and its gradient below.

    Parameters
    ----------
    name : str
        Of the value.
    x0, x1 : float
        Where it begins and ends.
    y : float
        Its height.
    gradient : Slot
        As it shows the gradient; its place is set here.

    Yields
    ------
    Part
        The wire and both slots.
    """
    middle = (x0 + x1) / 2
    yield Wire(((x0, y), (x1, y)), name, (gradient.name,))
    yield Slot(name, middle, y - 37)
    yield gradient.at(middle, y + 37)


def parameter(name: str, x: float, y: float) -> Iterator[Part]:
    """Draw a parameter above its operation.

    Parameters
    ----------
    name : str
        Such as w1.
    x, y : float
        Middle of the operation.

    Yields
    ------
    Part
        The way down, and its place.
    """
    yield Wire(((x, y - 70), (x, y - 20)), name, (f"dC_d{name}",))
    yield Pill(name, f"dC_d{name}", x, y - 90)


def neuron(k: int, y: float, places: Sequence[float]) -> Iterator[Part]:
    """Draw one neuron.

    Parameters
    ----------
    k : int
        1 or 2.
    y : float
        Height of its wire.
    places : sequence of float
        Middles of its operations: product, sum, and perhaps sigmoid.

    Yields
    ------
    Part
        Its operations and parameters, and the wires between its operations.
    """
    product, total, *sigmoid = places
    out = f"a{k + 1}"
    net = f"z{k + 1}" if sigmoid else out
    yield operation("×", product, y, f"p{k}", f"dC_dw{k}", f"dC_da{k}")
    yield operation("+", total, y, net, f"dC_db{k}")
    yield from parameter(f"w{k}", product, y)
    yield from parameter(f"b{k}", total, y)
    # a sum passes one number to both of its inputs
    passed = Slot(f"dC_db{k}", label=f"dC/dp{k}", computed=True)
    yield from along(f"p{k}", product + 20, total - 20, y, passed)
    for bend in sigmoid:
        yield operation("σ", bend, y, out, f"dC_d{net}")
        yield from along(net, total + 20, bend - 20, y, Slot(f"dC_d{net}"))


def chain_drawing(bend: bool) -> Drawing:
    """Draw the graph: the first neuron above, the second below.

    Parameters
    ----------
    bend : bool
        Whether each neuron ends in a sigmoid.

    Returns
    -------
    Drawing
        One box an operation.
    """
    upper, lower = BENT if bend else STRAIGHT
    end, middle, start = upper[-1] + 20, TOP + 76, lower[0] - 20
    around = ((RIGHT, TOP), (RIGHT, middle), (LEFT, middle), (LEFT, LOW), (start, LOW))
    parts = (
        Box(64, TOP, 112, 48),
        Slot("a1", 64, TOP),
        Wire(((120, TOP), (upper[0] - 20, TOP)), "a1"),
        *neuron(1, TOP, upper),
        Wire(((end, TOP), *around), "a2", ("dC_da2",)),
        Slot("a2", (end + RIGHT) / 2, TOP - 37),
        Slot("dC_da2", (end + RIGHT) / 2, TOP + 37),
        *neuron(2, LOW, lower),
        *along("a3", lower[-1] + 20, LOSS - 46, LOW, Slot("dC_da3")),
        Box(LOSS, LOW, 92, 44, "(d - a3)²", ("C", "dC_da3")),
        Box(LOSS, LOW - 90, 112, 44),
        Slot("d", LOSS, LOW - 90),
        Wire(((LOSS, LOW - 68), (LOSS, LOW - 22)), "d"),
        Wire(((LOSS + 46, LOW), (END - 60, LOW)), "C"),
        Box(END, LOW, 120, 48),
        Slot("C", END, LOW),
    )
    return Drawing(860, 400, parts)


@or_notice
def explore_chain(
    a1: float,
    d: float,
    w1: float,
    b1: float,
    w2: float,
    b2: float,
    sigmoid: bool = False,
    forward: Callable[..., Any] | None = None,
    backward: Callable[..., Any] | None = None,
) -> Stepper:
    """Let a learner go through a chain of two neurons, one operation at a time.

    Parameters
    ----------
    a1, d : float
        Input and target.
    w1, b1, w2, b2 : float
        Parameters at the start; each has a slider.
    sigmoid : bool
        Whether each neuron ends in a sigmoid.
    forward : callable, optional
        The learner's ``forward(a1, w1, b1, w2, b2)``; returns the pair (a2, a3).
    backward : callable, optional
        The learner's ``backward(a1, w1, b1, w2, b2, d)``; returns a dict of four gradients.

    Returns
    -------
    Stepper
        The computational graph: values above the edges, gradients below.
    """
    steps = chain_steps(sigmoid)
    ahead = Learner(forward, FORWARD, "the pair (a2, a3)")
    back = Learner(backward, BACKWARD, "a dict of the numbers w1, b1, w2, b2")
    a1, d = float(a1), float(d)

    def solved(**p: float) -> Solution:
        numbers = (a1, p["w1"], p["b1"], p["w2"], p["b2"])
        answers = ahead.ask("forward", *numbers), back.ask("backward", *numbers, d)
        return solve(steps, {"a1": a1, **p, "d": d}, *answers)

    start = {"w1": w1, "b1": b1, "w2": w2, "b2": b2}
    sliders = {name: slider(name, -REACH, REACH, float(v)) for name, v in start.items()}
    return Stepper(chain_drawing(sigmoid), solved, sliders)
