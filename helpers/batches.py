"""Unit 5: what a batch size and a learning rate buy for the same number of example gradients."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets as widgets
import numpy as np

from helpers.explore import Frame, Live, or_notice
from helpers.landscape import Landscape
from helpers.learner import Unusable, heights, name_of, one_number
from helpers.marks import Line, Mark, Marker
from helpers.plots import BLACK, descent
from helpers.stage import Panel, Stage, limits
from helpers.style import BLUE, counted, number

RATES = (0.003, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0)
USUAL = 0.1  # the learning rate at first
LISTED = 12  # settings in the table

CSS = """
.downhill-tried table { border-collapse: collapse; font-size: 15px; margin: 4px; }
.downhill-tried caption { text-align: left; padding: 2px 0; }
.downhill-tried th, .downhill-tried td { text-align: right; padding: 2px 14px 2px 0; }
.downhill-tried td:last-child { text-align: left; }
"""


@dataclass(frozen=True, eq=False)
class Trial:
    """One setting: where each update led, what it cost, and the loss there."""

    batch_size: int
    lr: float
    path: np.ndarray
    spent: np.ndarray
    losses: np.ndarray

    @property
    def final(self) -> float:
        """Return the loss after the last update."""
        return float(self.losses[-1])

    @property
    def diverges(self) -> bool:
        """Say whether the loss ends higher than it began, or beyond all numbers."""
        return not np.isfinite(self.losses).all() or self.final > self.losses[0]

    def sentence(self) -> str:
        """Tell the setting and how it ended.

        Returns
        -------
        str
            One or two sentences.
        """
        updates, spent = counted(len(self.path) - 1, "update"), int(self.spent[-1])
        head = f"B = {self.batch_size}, lr = {self.lr:g}: {updates}, {counted(spent, 'example')}"
        if self.diverges:
            higher = np.flatnonzero(~(self.losses <= self.losses[0]))
            return (
                f"{head}, diverging: the MSE was {number(float(self.losses[0]))} at the start and "
                f"is {number(self.final)} at the end; update {higher[0]} is the first above the start."
            )
        return f"{head}, final MSE {number(self.final)}."


@dataclass(eq=False)
class Budget:
    """The learner's run and loss, and how many example gradients a run may spend."""

    loss: Callable[..., Any]
    run: Callable[..., Any]
    examples: int
    n: int = 0
    known: dict[tuple[int, float], Trial] = field(default_factory=dict)

    def path(self, batch_size: int, lr: float, epochs: int) -> np.ndarray:
        """Run the learner's SGD.

        Parameters
        ----------
        batch_size : int
            Examples in a batch.
        lr : float
            Learning rate.
        epochs : int
            How often through the data.

        Returns
        -------
        ndarray, shape (updates + 1, 2)
            m and c at the start and after each update.

        Raises
        ------
        Unusable
            If it is something else.
        """
        with np.errstate(all="ignore"):
            result = self.run(batch_size, lr, epochs)
        try:
            path = np.array(result, dtype=float)
        except (TypeError, ValueError):
            path = np.empty(0)
        if path.ndim != 2 or path.shape[1] != 2 or len(path) < 2:
            said = f"{name_of(self.run)} should return an array of shape (updates + 1, 2)"
            raise Unusable(f"{said}, not {' '.join(f'{result!r:.60}'.split())}")
        return path

    def count(self) -> None:
        """Find out how many examples there are: in an epoch of single ones, an update each."""
        self.n = len(self.path(1, min(RATES), 1)) - 1
        if self.examples < self.n:
            raise Unusable(f"examples should be at least {self.n}, enough for one epoch")

    def trial(self, batch_size: int, lr: float) -> Trial:
        """Run a setting as long as the budget lasts.

        Parameters
        ----------
        batch_size : int
            Examples in a batch.
        lr : float
            Learning rate.

        Returns
        -------
        Trial
            The run, cut where it would spend more.
        """
        key = (batch_size, lr)
        if key not in self.known:
            epochs = -(-self.examples // self.n)
            path = self.path(batch_size, lr, epochs)
            each = -(-self.n // batch_size)
            updates = np.arange(len(path))
            spent = np.minimum(updates * batch_size, self.examples)
            if len(path) == epochs * each + 1:  # the last batch of an epoch may be short
                done, part = np.divmod(updates, each)
                spent = done * self.n + np.minimum(part * batch_size, self.n)
            within = spent <= self.examples
            path, spent = path[within], spent[within]
            with np.errstate(all="ignore"):
                losses = heights(self.loss, *path.T)
            self.known[key] = Trial(batch_size, lr, path, spent, losses)
        return self.known[key]


def stage_for(budget: Budget, trials: Sequence[Trial]) -> tuple[Stage, Landscape]:
    """Make the two panels, as large as settings that do not diverge need.

    Parameters
    ----------
    budget : Budget
        The learner's functions.
    trials : sequence of Trial
        Typical settings.

    Returns
    -------
    tuple of Stage and Landscape
        Loss against what it cost at the left, the map at the right.
    """
    stay = [trial for trial in trials if not trial.diverges] or [trials[0]]
    places = np.concatenate([trial.path for trial in stay])
    losses = np.concatenate([trial.losses for trial in stay])
    first = float(trials[0].losses[0])
    shown = losses[np.isfinite(losses) & (losses <= 10 * abs(first) + 1)]
    log = bool(shown.size and shown.min() > 0)
    land = Landscape(budget.loss, limits(places[:, 0], 0.15), limits(places[:, 1], 0.15))
    costs = Panel(
        "Loss against what it cost",
        "example gradients",
        "MSE (log scale)" if log else "MSE",
        xlim=(-0.03 * budget.examples, 1.03 * budget.examples),
        ylim=(shown.min() / 1.5, 3 * shown.max()) if log else limits(shown),
        yscale="log" if log else "linear",
    )
    panels = {"costs": costs, "map": land.panel("The walk: light is low", "m", "c")}
    return Stage(panels, size=(840, 400)), land


def frame_of(trial: Trial, land: Landscape) -> Frame:
    """Draw a setting; a run that leaves the map ends there.

    Parameters
    ----------
    trial : Trial
        The run.
    land : Landscape
        The map.

    Returns
    -------
    Frame
        Its losses, its walk, and the sentence.
    """
    m, c = trial.path.T
    lost = land.lost(m, c)
    end = len(m) if lost is None else lost + 1
    words = trial.sentence()
    if lost is not None:
        words += f" It is far outside the map from update {lost} on."
    marks: list[Mark] = [
        Line("costs", trial.spent, trial.losses, BLUE, 2.0),
        *(
            [Marker("costs", trial.spent[:end], trial.losses[:end], "circle", BLUE, 5.0)]
            if end <= 120
            else []
        ),
        Marker("costs", trial.spent[-1:], trial.losses[-1:], "square", BLUE, 11.0),
        *descent("map", m[:end], c[:end], BLACK, halo="white"),
    ]
    return Frame(marks, words)


class Batches(Live):
    """Two sliders, two panels, and a table of what has been tried.

    Parameters
    ----------
    budget : Budget
        The learner's functions.
    stage : Stage
        The two panels.
    land : Landscape
        The map.
    batch_sizes : sequence of int
        Positions of the first slider.
    """

    def __init__(
        self, budget: Budget, stage: Stage, land: Landscape, batch_sizes: Sequence[int]
    ) -> None:
        self.budget = budget
        self.tried: dict[tuple[int, float], Trial] = {}
        self.moving = False
        self.table = widgets.HTML()
        self.table.add_class("downhill-tried")

        def frame(B: int, lr: float) -> Frame:
            return frame_of(budget.trial(B, lr), land)

        controls = {
            "B": chooser("Batch size B", batch_sizes, batch_sizes[0]),
            "lr": chooser("Learning rate", RATES, USUAL),
        }
        others = dict.fromkeys([batch_sizes[len(batch_sizes) // 2], batch_sizes[-1]])
        presets = {f"B = {size}, lr = {USUAL}": {"B": size, "lr": USUAL} for size in others}
        super().__init__(stage, controls, frame, presets)
        rules = widgets.HTML(f"<style>{CSS}</style>", layout=widgets.Layout(display="none"))
        self.widget.children = [*self.widget.children, rules, self.table]
        self._note()

    def set(self, values: Mapping[str, float]) -> None:
        """Move both sliders in one go.

        Parameters
        ----------
        values : mapping of str to float
            New values by name.
        """
        self.moving = True
        try:
            super().set(values)
        finally:
            self.moving = False
        self._update(None)

    def best(self) -> Trial | None:
        """Return the tried setting with the lowest final loss.

        Returns
        -------
        Trial or None
            None while all diverge.
        """
        good = [trial for trial in self.tried.values() if not trial.diverges]
        return min(good, key=lambda trial: trial.final, default=None)

    def rows(self) -> list[tuple[str, ...]]:
        """Return the table: the latest settings, and the best in any case.

        Returns
        -------
        list of tuple of str
            Batch size, learning rate, updates, final loss, and a word.
        """
        best = self.best()
        trials = list(self.tried.values())
        listed = trials[-LISTED:]
        if best is not None and best not in listed:
            listed = [best, *listed[1:]]
        return [
            (
                str(trial.batch_size),
                f"{trial.lr:g}",
                str(len(trial.path) - 1),
                number(trial.final),
                "diverging" if trial.diverges else "best so far" if trial is best else "",
            )
            for trial in listed
        ]

    def _update(self, change: object) -> None:
        if not self.moving:
            super()._update(change)
            self._note()

    def _note(self) -> None:
        key = (self.controls["B"].value, self.controls["lr"].value)
        if key in self.budget.known:
            self.tried[key] = self.budget.known[key]
        self.table.value = table(self.rows())


def table(rows: Sequence[Sequence[str]]) -> str:
    """Write the table of tried settings.

    Parameters
    ----------
    rows : sequence of sequence of str
        Its cells.

    Returns
    -------
    str
        HTML.
    """
    head = "".join(f'<th scope="col">{w}</th>' for w in ("B", "lr", "updates", "final MSE", ""))
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return (
        f"<table><caption>Settings tried so far</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def chooser(name: str, values: Sequence[float], value: float) -> widgets.SelectionSlider:
    """Make a slider over given values.

    Parameters
    ----------
    name : str
        Its name on the page.
    values : sequence of float
        Its positions.
    value : float
        Where it starts.

    Returns
    -------
    SelectionSlider
        With the values as words.
    """
    return widgets.SelectionSlider(
        options=[(f"{v:g}", v) for v in values],
        value=value,
        description=name,
        layout=widgets.Layout(width="100%"),
        style={"description_width": "7em"},
    )


@or_notice
def explore_batches(
    loss: Callable[..., Any],
    run: Callable[..., Any],
    batch_sizes: Sequence[int],
    examples: int,
) -> Batches:
    """Let a learner spend the same number of example gradients with several batch sizes.

    Parameters
    ----------
    loss : callable
        ``loss(m, c)`` returns the loss on all data.
    run : callable
        ``run(B, lr, epochs)`` returns m and c at the start and after each update, (updates + 1, 2).
    batch_sizes : sequence of int
        Positions of the slider.
    examples : int
        Example gradients that each run may spend, at least one epoch.

    Returns
    -------
    Batches
        Two sliders; loss against example gradients, the walk on the landscape, and a table.
    """
    sizes = sorted({int(size) for size in batch_sizes})
    if not sizes or sizes[0] < 1:
        raise Unusable("batch_sizes should hold whole numbers from 1 up")
    budget = Budget(loss, run, int(examples))
    budget.count()
    one_number(loss(*budget.path(1, min(RATES), 1)[0]), name_of(loss))
    rates = (0.01, USUAL)
    stage, land = stage_for(budget, [budget.trial(size, rate) for size in sizes for rate in rates])
    return Batches(budget, stage, land, sizes)
