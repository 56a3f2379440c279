"""Unit 1: runs of gradient descent on a line, and the interactive pictures of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from helpers.controls import slider
from helpers.explore import Explore, Frame, Live, Options, or_notice
from helpers.landscape import Landscape
from helpers.learner import column, name_of, one_number, two_numbers
from helpers.marks import Line, Marker
from helpers.plots import BLACK, LABELLED, data_panel, descent, residuals
from helpers.stage import Panel, Stage, limits
from helpers.style import BLUE, VERMILLION, counted, number

Step = Callable[..., Any]
Loss = Callable[..., Any]

CRAWLING, GOOD, OSCILLATING, DIVERGING, STILL = (
    "crawling",
    "good",
    "oscillating",
    "diverging",
    "not moving",
)

MEANING = {
    CRAWLING: "the cost is still falling when the steps run out",
    GOOD: "the cost falls, then hardly changes",
    OSCILLATING: "most steps turn back on the step before, across the valley",
    DIVERGING: "the cost ends higher than it began",
    STILL: "no step changes m or c",
}


@dataclass(frozen=True, eq=False)
class Run:
    """One run of gradient descent: the line and its cost at the start and after each step."""

    lr: float
    m: np.ndarray
    c: np.ndarray
    costs: np.ndarray

    @property
    def regime(self) -> str:
        """Name how the run went, judged by its own numbers.

        Returns
        -------
        str
            A key of `MEANING`.
        """
        if not np.isfinite(self.costs).all() or self.costs[-1] > self.costs[0]:
            return DIVERGING
        steps = np.column_stack([np.diff(self.m), np.diff(self.c)])
        lengths = np.hypot(*steps.T)
        if not lengths.any():
            return STILL
        large = lengths[:-1] > 0.01 * lengths.max()
        turns_back = (steps[1:] * steps[:-1]).sum(axis=1)[large] < 0
        if turns_back.mean() > 0.5:
            return OSCILLATING
        late = self.costs[-1 - len(steps) // 4]
        if late - self.costs[-1] > 0.0005 * (self.costs[0] - self.costs[-1]):
            return CRAWLING
        return GOOD

    def sentence(self) -> str:
        """Tell the run: rate, regime, cost, and where the line ended.

        Returns
        -------
        str
            Two sentences.
        """
        regime = self.regime
        return (
            f"Learning rate {number(self.lr)}: {regime} - {MEANING[regime]}. "
            f"After {counted(len(self.costs) - 1, 'step')} the cost went from {number(self.costs[0])} to "
            f"{number(self.costs[-1])}; the line ended at m = {number(self.m[-1])}, "
            f"c = {number(self.c[-1])}."
        )


@dataclass(frozen=True, eq=False)
class Descent:
    """The learner's step and loss on some data, ready to be run at any rate."""

    x: np.ndarray
    y: np.ndarray
    step: Step
    loss: Loss
    start: tuple[float, float]
    n_steps: int

    def cost(self, m: float, c: float) -> float:
        """Return the learner's loss of a line.

        Parameters
        ----------
        m, c : float
            Slope and intercept.

        Returns
        -------
        float
            Infinity where Python's own floats overflow.
        """
        try:
            return one_number(self.loss(self.x, self.y, m, c), name_of(self.loss))
        except OverflowError:
            return np.inf

    def run(self, lr: float) -> Run:
        """Run the learner's step; a run that overflows ends there.

        Parameters
        ----------
        lr : float
            Learning rate.

        Returns
        -------
        Run
            At most `n_steps` steps.
        """
        m, c = two_numbers(self.start, "start")
        places, costs = [(m, c)], [self.cost(m, c)]
        with np.errstate(all="ignore"):
            while len(costs) <= self.n_steps and np.isfinite(costs[-1]):
                m, c = two_numbers(self.step(self.x, self.y, m, c, lr), name_of(self.step))
                places.append((m, c))
                costs.append(self.cost(m, c))
        ms, cs = np.array(places).T
        return Run(lr, ms, cs, np.array(costs))

    def largest_rate(self) -> float:
        """Search the largest learning rate that does not diverge, by trying.

        Returns
        -------
        float
            Right to about two per cent; 1 if every rate or no rate diverges.
        """
        rate = 1.0
        factor = 0.5 if self.run(rate).regime == DIVERGING else 2.0
        for _ in range(40):
            rate *= factor
            if (self.run(rate).regime == DIVERGING) == (factor > 1):
                break
        else:
            return 1.0
        low, high = (rate, 2 * rate) if factor < 1 else (rate / 2, rate)
        for _ in range(5):
            middle = (low * high) ** 0.5
            low, high = (low, middle) if self.run(middle).regime == DIVERGING else (middle, high)
        return low

    def default_rates(self) -> np.ndarray:
        """Return 41 rates, evenly spaced on a log axis, that reach into divergence.

        Returns
        -------
        ndarray, shape (41,)
            Two significant digits each.
        """
        edge = self.largest_rate()
        rates = np.geomspace(edge / 1000, 1.3 * edge, 41)
        return np.array([float(f"{rate:.1e}") for rate in rates])

    def landscape(self, runs: Sequence[Run]) -> Landscape:
        """Return the landscape around runs, as far as they stay.

        Parameters
        ----------
        runs : sequence of Run
            Diverging ones do not count, unless all are.

        Returns
        -------
        Landscape
            Of the learner's loss over m and c.
        """
        stay = [run for run in runs if run.regime != DIVERGING] or runs[:1]
        ms, cs = (np.concatenate([getattr(run, name) for run in stay]) for name in "mc")
        return Landscape(self.cost, limits(ms, 0.15), limits(cs, 0.15))

    def cost_panel(self, runs: Sequence[Run]) -> Panel:
        """Make the panel of cost against step.

        Parameters
        ----------
        runs : sequence of Run
            What it has to hold; diverging runs leave it at the top.

        Returns
        -------
        Panel
            Logarithmic where all costs are positive.
        """
        every = np.concatenate([run.costs for run in runs])
        top = 10 * max(runs[0].costs[0], 1e-12)
        shown = every[np.isfinite(every) & (every <= top)]
        log = bool(shown.size and shown.min() > 0)
        return Panel(
            "Cost after each step",
            "step",
            "cost (log)" if log else "cost",
            xlim=(-0.03 * self.n_steps, 1.03 * self.n_steps),
            ylim=(max(shown.min(), 1e-9 * top) / 1.5, top) if log else limits(shown),
            yscale="log" if log else "linear",
        )

    def stage(self, runs: Sequence[Run], land: Landscape) -> Stage:
        """Make the three linked panels.

        Parameters
        ----------
        runs : sequence of Run
            All runs that will be shown.
        land : Landscape
            The map.

        Returns
        -------
        Stage
            The landscape at the left, data and cost at the right.
        """
        m, c = self.start
        panels = {
            "map": land.panel("Cost of each line: light is low", "slope m", "intercept c"),
            "data": data_panel(self.x, [*self.y, *(m * self.x + c)], "The line on the data"),
            "costs": self.cost_panel(runs),
        }
        return Stage(panels, [["map", "data"], ["map", "costs"]], size=(840, 470))

    def frame(self, run: Run, land: Landscape, upto: int, sentence: str) -> Frame:
        """Draw a run on the three panels.

        Parameters
        ----------
        run : Run
            The run.
        land : Landscape
            The map.
        upto : int
            Number of steps to show.
        sentence : str
            What to say about it.

        Returns
        -------
        Frame
            Path, line with residuals, and cost; the path ends where it is lost.
        """
        costs = run.costs[: upto + 1]
        steps = np.arange(len(costs))
        lost = land.lost(run.m[: upto + 1], run.c[: upto + 1])
        end = len(costs) if lost is None else lost + 1
        if lost is not None:
            sentence += f" It is far outside the map from step {lost} on."
        marks = [
            *descent("map", run.m[:end], run.c[:end], BLACK, halo="white"),
            *residuals("data", self.x, self.y, run.m[upto], run.c[upto]),
            Line("costs", steps, costs, BLUE, 2.5),
            Marker("costs", steps[-1:], costs[-1:], "circle", BLUE, 12.0),
        ]
        return Frame(marks, sentence)


def presets(runs: Sequence[Run]) -> dict[str, int]:
    """Choose a typical run of each regime.

    Parameters
    ----------
    runs : sequence of Run
        In the order of their rates.

    Returns
    -------
    dict
        Words for a button, and the index of the middle run of that regime.
    """
    found: dict[str, int] = {}
    for regime in (CRAWLING, GOOD, OSCILLATING, DIVERGING):
        members = [i for i, run in enumerate(runs) if run.regime == regime]
        if members:
            index = members[(len(members) - 1) // 2]
            found[f"{regime.capitalize()}: {number(runs[index].lr)}"] = index
    return found


@or_notice
def explore_learning_rate(
    x: ArrayLike,
    y: ArrayLike,
    step: Step,
    loss: Loss,
    start: tuple[float, float] = (0.0, 0.0),
    rates: ArrayLike | None = None,
    n_steps: int = 60,
) -> Explore:
    """Let a learner choose the learning rate of their own gradient descent.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The data.
    step : callable
        ``step(x, y, m, c, lr)`` returns the new m and c.
    loss : callable
        ``loss(x, y, m, c)`` returns the cost.
    start : tuple of float
        First m and c.
    rates : array_like, optional
        Learning rates of the slider; default 41 that reach from crawling into divergence.
    n_steps : int
        Steps of each run.

    Returns
    -------
    Explore
        A slider over the rates; landscape, data and cost go with it, without the kernel.
    """
    task = Descent(column(x), column(y), step, loss, start, n_steps)
    chosen = task.default_rates() if rates is None else column(rates)
    runs = [task.run(float(rate)) for rate in chosen]
    buttons = presets(runs)
    states = list(buttons.values())
    options = Options(
        "Learning rate",
        runs,
        [number(run.lr) for run in runs],
        buttons,
        [*states[:2], states[-1]] if len(states) > 2 else (),
    )
    land = task.landscape(runs)

    def frame(run: Run) -> Frame:
        return task.frame(run, land, len(run.costs) - 1, run.sentence())

    return Explore(task.stage(runs, land), options, frame)


@or_notice
def explore_steps(
    x: ArrayLike,
    y: ArrayLike,
    step: Step,
    loss: Loss,
    lr: float,
    start: tuple[float, float] = (0.0, 0.0),
    n_steps: int = 60,
) -> Explore:
    """Let a learner walk through one run of their own gradient descent, step by step.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The data.
    step : callable
        ``step(x, y, m, c, lr)`` returns the new m and c.
    loss : callable
        ``loss(x, y, m, c)`` returns the cost.
    lr : float
        Learning rate.
    start : tuple of float
        First m and c.
    n_steps : int
        Steps of the run.

    Returns
    -------
    Explore
        A slider over the steps, with buttons that play them.
    """
    task = Descent(column(x), column(y), step, loss, start, n_steps)
    run = task.run(lr)
    land = task.landscape([run])
    last = len(run.costs) - 1

    def frame(k: int) -> Frame:
        before = f", {number(run.costs[k - 1])} before" if k else ""
        sentence = (
            f"Step {k} of {last}, learning rate {number(lr)}: m = {number(run.m[k])}, "
            f"c = {number(run.c[k])}; cost {number(run.costs[k])}{before}."
        )
        return task.frame(run, land, k, sentence)

    places = {"Start": 0, "First step": 1, "Halfway": last // 2, "Last step": last}
    options = Options(
        "Step",
        range(last + 1),
        [str(k) for k in range(last + 1)],
        places,
        (0, min(3, last), last),
    )
    return Explore(task.stage([run], land), options, frame, play=True)


@or_notice
def explore_line(x: ArrayLike, y: ArrayLike, loss: Loss, m: float = 0.0, c: float = 0.0) -> Live:
    """Let a learner fit a line by hand with two sliders.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The data.
    loss : callable
        ``loss(x, y, m, c)`` returns the cost.
    m, c : float
        Where the sliders start.

    Returns
    -------
    Live
        Two sliders; line, residuals, cost, and the point on the landscape.
    """
    x, y = column(x), column(y)
    task = Descent(x, y, lambda *_: None, loss, (m, c), 0)
    rise, run = float(np.ptp(y)) or 1.0, float(np.ptp(x)) or 1.0
    controls = {
        "m": slider("Slope m", -3 * rise / run, 3 * rise / run, m),
        "c": slider("Intercept c", min(0.0, y.min() - rise), max(0.0, y.max() + rise), c),
    }
    land = Landscape(
        task.cost,
        (controls["m"].min, controls["m"].max),
        (controls["c"].min, controls["c"].max),
    )
    panels = {
        "data": data_panel(x, [*y, *(m * x + c)], "The line on the data"),
        "map": land.panel("Cost of each line: light is low", "slope m", "intercept c"),
    }

    def frame(m: float, c: float) -> Frame:
        gaps = m * x + c - y
        words = f"m = {number(m)}, c = {number(c)}: cost {number(task.cost(m, c))}."
        if len(x) <= LABELLED:
            words += f" Residuals (m x + c) - y: {', '.join(map(number, gaps))}."
        here = Marker("map", [m], [c], "circle", VERMILLION, 15.0, "white")
        return Frame([*residuals("data", x, y, m, c), here], words)

    first, last = int(np.argmin(x)), int(np.argmax(x))
    through = (y[last] - y[first]) / run
    buttons = {
        "Flat, at the mean height": {"m": 0.0, "c": float(y.mean())},
        "Through the first and last point": {
            "m": float(through),
            "c": float(y[first] - through * x[first]),
        },
    }
    return Live(Stage(panels, size=(840, 380)), controls, frame, buttons)
