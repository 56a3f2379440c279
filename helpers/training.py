"""Unit 4: the learner's network learns classes of points in the plane, epoch by epoch."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import contourpy
import ipywidgets as widgets
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba_array
from matplotlib.ticker import FixedLocator, LogLocator
from numpy.typing import ArrayLike
from PIL import Image

from helpers.explore import Explore, Frame, Options, data_url, or_notice
from helpers.learner import Unusable, name_of, one_number
from helpers.marks import Line, Mark, Marker, Text
from helpers.plots import LOOKS, looks
from helpers.stage import Limits, Panel, Stage, limits
from helpers.style import INK, PAPER, counted, number

GRID = 121  # places along each side of the plane where the network is asked
FINE = 361  # the same at the start: with biases of 0, outputs tie and no border is between places
FRAMES = 41  # epochs that are shown at most
TINT = 0.3  # how much of a class's colour its region has
SCATTER = 43758.5453  # sines this many times as large leave fractions without order

CSS = """
.downhill-watch .widget-hbox { align-items: center; }
.downhill-watch .widget-hbox > .widget-label { white-space: normal; height: auto;
  line-height: 1.4; }
"""

Params = dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class Regions:
    """The plane in the colours of the classes that a network reads at each place."""

    on: str
    xlim: Limits
    ylim: Limits
    classes: np.ndarray

    @property
    def pixels(self) -> np.ndarray:
        """Return the colours, the top row first."""
        colors = to_rgba_array([look.color for look in LOOKS])
        colors[:, 3] = TINT
        return (255 * colors[self.classes[::-1]]).astype(np.uint8)

    def svg(self, stage: Stage) -> str:
        """Return the regions as an image in the SVG."""
        (left, top), (right, low) = stage.pixels(self.on, self.xlim, self.ylim[::-1])
        buffer = io.BytesIO()
        Image.fromarray(self.pixels).save(buffer, "PNG")
        return (
            f'<image x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" '
            f'height="{low - top:.1f}" preserveAspectRatio="none" '
            f'href="{data_url(buffer.getvalue(), "png")}"/>'
        )

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the regions as a matplotlib image."""
        return [axes.imshow(self.pixels, extent=(*self.xlim, *self.ylim), aspect="auto")]


@dataclass(frozen=True, eq=False)
class Epoch:
    """What is known after an epoch: the parameters, the mean loss, the sizes of the gradients."""

    number: int
    params: Params
    loss: float
    sizes: Mapping[str, float]

    @property
    def drawn(self) -> dict[str, float]:
        """Return the sizes that have a curve: those of the weights."""
        return {name: size for name, size in self.sizes.items() if name.startswith("W")}


def order(n: int, epoch: int) -> np.ndarray:
    """Shuffle without chance: the same order every time, another one in each epoch.

    Parameters
    ----------
    n : int
        How many examples.
    epoch : int
        From 1.

    Returns
    -------
    ndarray of int, shape (n,)
        Each index once.

    Examples
    --------
    >>> order(5, 1).tolist(), order(5, 2).tolist()
    ([2, 1, 3, 4, 0], [4, 2, 3, 1, 0])
    """
    return np.argsort((np.sin(np.arange(1, n + 1) + 100 * epoch) * SCATTER) % 1)


@dataclass(eq=False)
class Training:
    """The learner's functions and the points that they train on."""

    points: np.ndarray
    labels: np.ndarray
    train_step: Callable[..., Any]
    forward_mlp: Callable[..., Any]
    lr: float

    def outputs(self, points: np.ndarray, params: Params) -> np.ndarray:
        """Ask the network at many places.

        Parameters
        ----------
        points : ndarray, shape (n, 2)
            Places.
        params : dict of ndarray
            Parameters.

        Returns
        -------
        ndarray, shape (n, k)
            One output a class.

        Raises
        ------
        Unusable
            If the learner's function gives something else.
        """
        name = name_of(self.forward_mlp)
        with np.errstate(all="ignore"):
            cache = self.forward_mlp(points.copy(), copies(params))
        try:
            y = np.array(cache["y"], dtype=float)
        except (TypeError, ValueError, LookupError):
            raise Unusable(f"{name} should return a dict with y, not {cache!r:.60}") from None
        if y.ndim != 2 or len(y) != len(points):
            shape = f"({len(points)}, classes)"
            raise Unusable(f"{name} should give y of shape {shape} for a batch, not {y.shape}")
        return y

    def step(self, x: np.ndarray, target: np.ndarray, params: Params) -> tuple[Params, float]:
        """Take one step of the learner's training.

        Parameters
        ----------
        x, target : ndarray
            One example.
        params : dict of ndarray
            Parameters.

        Returns
        -------
        tuple of dict and float
            New parameters and the loss.

        Raises
        ------
        Unusable
            If the learner's function gives something else.
        """
        name = name_of(self.train_step)
        with np.errstate(all="ignore"):
            result = self.train_step(x.copy(), target.copy(), copies(params), self.lr)
        try:
            new, loss = result
            fresh = {key: np.array(new[key], dtype=float) for key in params}
        except (TypeError, ValueError, LookupError):
            said = " ".join(f"{result!r:.60}".split())
            raise Unusable(f"{name} should return the pair (params, loss), not {said}") from None
        for key, values in fresh.items():
            if values.shape != params[key].shape:
                wanted = params[key].shape
                raise Unusable(f"{name} should keep {key} in shape {wanted}, not {values.shape}")
        return fresh, one_number(loss, f"the loss of {name}")

    def epoch(self, k: int, params: Params, targets: np.ndarray) -> Epoch:
        """Train on every example once.

        Parameters
        ----------
        k : int
            Number of the epoch, from 1.
        params : dict of ndarray
            Parameters before it.
        targets : ndarray, shape (n, classes)
            One row an example.

        Returns
        -------
        Epoch
            What is known after it.
        """
        losses, sizes = [], []
        for i in order(len(self.points), k):
            new, loss = self.step(self.points[i], targets[i], params)
            with np.errstate(all="ignore"):
                moved = [float(np.sqrt(((new[p] - params[p]) ** 2).sum())) for p in params]
            losses.append(loss)
            sizes.append(moved)
            params = new
        means = np.mean(sizes, axis=0) / self.lr
        return Epoch(k, params, float(np.mean(losses)), dict(zip(params, means, strict=True)))

    def run(self, params: Params, epochs: int) -> list[Epoch]:
        """Train; stop where the numbers are no numbers any more.

        Parameters
        ----------
        params : dict of ndarray
            Parameters at the start.
        epochs : int
            How often through the points.

        Returns
        -------
        list of Epoch
            The start and each epoch.
        """
        y = self.outputs(self.points, params)
        classes = y.shape[1]
        if classes > len(LOOKS):
            raise Unusable(f"the picture can show up to {len(LOOKS)} classes, not {classes}")
        if self.labels.max() >= classes:
            raise Unusable(f"labels should be below {classes}, the number of outputs")
        targets = np.eye(classes)[self.labels]
        history = [Epoch(0, params, np.nan, {})]
        for k in range(1, epochs + 1):
            history.append(self.epoch(k, history[-1].params, targets))
            if not all(np.isfinite(values).all() for values in history[-1].params.values()):
                break
        return history


def copies(params: Mapping[str, ArrayLike]) -> Params:
    """Copy parameters, so that no function of a learner can change ours.

    Parameters
    ----------
    params : mapping of str to array_like
        By name.

    Returns
    -------
    dict of ndarray
        Floats.
    """
    return {name: np.array(values, dtype=float) for name, values in params.items()}


def fine_ticks(axes: Axes, low: float, high: float, zero: float = 0.0) -> None:
    """Label three heights a decade, because sizes often span little more than one.

    Parameters
    ----------
    axes : Axes
        With a log scale.
    low, high : float
        Where the scale begins and ends.
    zero : float
        Where the line for sizes of 0 lies, below the scale; 0 for no such line.
    """
    ticks = LogLocator(subs=(1.0, 2.0, 5.0)).tick_values(low, high)
    axes.yaxis.set_major_locator(FixedLocator([tick for tick in ticks if low <= tick <= high]))
    if zero:
        axes.minorticks_off()
        axes.axhline(zero, linewidth=0.8, color=axes.spines["bottom"].get_edgecolor())
        beside = axes.get_yaxis_transform()
        size = axes.yaxis.get_ticklabels()[0].get_fontsize()
        axes.text(-0.02, zero, "0", transform=beside, ha="right", va="center", fontsize=size)


@dataclass(eq=False)
class Show:
    """The pictures of a training run."""

    training: Training
    history: Sequence[Epoch]
    epochs: int

    def __post_init__(self) -> None:
        points = self.training.points
        self.xlim, self.ylim = limits(points[:, 0], 0.2), limits(points[:, 1], 0.2)
        every = np.array([size for epoch in self.history for size in epoch.drawn.values()])
        shown = every[np.isfinite(every) & (every > 0)]
        low, high = (float(shown.min()), float(shown.max())) if shown.size else (0.1, 1.0)
        self.floor, self.top = low / 2, high * 2
        step = (self.top / self.floor) ** 0.1 if (every == 0).any() else 1.0
        self.zero, self.bottom = self.floor / step, self.floor / step**2

    def stage(self) -> Stage:
        """Make the plane at the left, the sizes of the gradients at the right.

        Returns
        -------
        Stage
            With a legend of the layers.
        """
        panels = {
            "plane": Panel("What the network reads", "X[0]", "X[1]", self.xlim, self.ylim),
            "sizes": Panel(
                "Mean size of each gradient",
                "epoch",
                "size (log scale)",
                (0, 1.04 * max(1, len(self.history) - 1)),
                (self.bottom, self.top),
                "log",
                draw=partial(
                    fine_ticks,
                    low=self.floor,
                    high=self.top,
                    zero=self.zero if self.bottom < self.zero else 0.0,
                ),
            ),
        }
        names = looks(list(self.history[-1].drawn))
        legend = [partial(look.legend, f"gradient of {name}") for name, look in names.items()]
        return Stage(panels, size=(840, 450), legend=legend)

    def frame(self, epoch: Epoch) -> Frame:
        """Draw an epoch.

        Parameters
        ----------
        epoch : Epoch
            What is known after it.

        Returns
        -------
        Frame
            Regions, points, sizes so far, and the sentence.
        """
        words = f"Epoch {epoch.number} of {self.epochs}"
        marks: list[Mark] = []
        right = np.zeros(len(self.training.points), dtype=bool)
        if all(np.isfinite(values).all() for values in epoch.params.values()):
            regions, right = self.regions(epoch.params, GRID if epoch.number else FINE)
            marks += regions
            share = f"{right.sum()} of {counted(len(right), 'point')} right ({right.mean():.0%})"
            words += f": {share}"
            if epoch.number:
                words += f", mean loss {number(epoch.loss)} in this epoch"
            words += "."
            if not right.all():
                words += " A ring marks each point that is read wrongly."
        else:
            words += ": the parameters have grown beyond all numbers. Try a smaller lr."
        marks += [*self.classes(right), *self.curves(epoch.number)]
        if epoch.sizes:
            told = ", ".join(f"{name} {number(size)}" for name, size in epoch.sizes.items())
            words += f" Mean gradient sizes: {told}."
        else:
            words += " No step yet."
        return Frame(marks, words)

    def regions(self, params: Params, side: int) -> tuple[list[Mark], np.ndarray]:
        """Draw the regions of the classes with their borders and names.

        Parameters
        ----------
        params : dict of ndarray
            Parameters.
        side : int
            Places along each side of the plane.

        Returns
        -------
        tuple of list of Mark and ndarray of bool
            The marks, and which points lie in the right region.
        """
        grid = np.meshgrid(np.linspace(*self.xlim, side), np.linspace(*self.ylim, side))
        places = np.column_stack([part.ravel() for part in grid])
        y = self.training.outputs(np.vstack([places, self.training.points]), params)
        read = y.argmax(axis=1)
        classes = read[: len(places)].reshape(side, side)
        marks: list[Mark] = [Regions("plane", self.xlim, self.ylim, classes)]
        for k in np.unique(classes):
            others = np.delete(y[: len(places)], k, axis=1).max(axis=1, initial=0)
            lead = (y[: len(places), k] - others).reshape(side, side)
            for border in contourpy.contour_generator(*grid, lead).lines(0.0):
                across, up = np.asarray(border).T
                marks.append(Line("plane", across, up, INK, 1.5))
            u, v = self.roomy(classes == k, grid)
            marks.append(Text("plane", u, v, f"class {k}", INK, "middle"))
        return marks, read[len(places) :] == self.training.labels

    def roomy(self, region: np.ndarray, grid: Sequence[np.ndarray]) -> tuple[float, float]:
        """Find a place for the name of a region, far from its border and from the points.

        Parameters
        ----------
        region : ndarray of bool, shape (n, n)
            Where it is.
        grid : sequence of ndarray, shape (n, n)
            Both coordinates of the places.

        Returns
        -------
        tuple of float
            Coordinates.
        """
        low, size = np.array([self.xlim[0], self.ylim[0]]), np.ptp([self.xlim, self.ylim], axis=1)
        every = (slice(None, None, len(region) // 20),) * 2  # some hundred places suffice
        if not region[every].any():
            every = (slice(None),) * 2
        coarse = region[every]
        cells = np.column_stack([part[every].ravel() for part in grid])
        # a name is about three times as wide as it is high
        cells, points = ((p - low) / size * [1, 3] for p in (cells, self.training.points))
        inside, outside = cells[coarse.ravel()], cells[~coarse.ravel()]
        walls = np.minimum(inside, [1, 3] - inside).min(axis=1)
        obstacles = np.vstack([points, outside])
        gaps = np.linalg.norm(inside[:, None] - obstacles[None], axis=2).min(axis=1)
        u, v = inside[np.argmax(np.minimum(gaps, walls))] / [1, 3] * size + low
        return float(u), float(v)

    def classes(self, right: np.ndarray) -> list[Mark]:
        """Draw the points, each class with its shape; a ring around those read wrongly.

        Parameters
        ----------
        right : ndarray of bool, shape (n,)
            Which points are read rightly.

        Returns
        -------
        list of Mark
            Rings, then points.
        """
        x, y = self.training.points.T
        marks: list[Mark] = [Marker("plane", x[~right], y[~right], "circle", PAPER, 19.0, INK)]
        for k in np.unique(self.training.labels):
            mine = self.training.labels == k
            marks.append(Marker("plane", x[mine], y[mine], LOOKS[k].shape, LOOKS[k].color, 10.0))
        return marks

    def curves(self, upto: int) -> list[Mark]:
        """Draw the sizes of the gradients up to an epoch.

        Parameters
        ----------
        upto : int
            Number of the epoch.

        Returns
        -------
        list of Mark
            A line and a marker for each layer.
        """
        if not upto:
            return []
        epochs = [epoch for epoch in self.history if 0 < epoch.number <= upto]
        marks: list[Mark] = []
        for name, look in looks(list(epochs[-1].drawn)).items():
            x = [epoch.number for epoch in epochs]
            given = np.array([epoch.sizes[name] for epoch in epochs])
            # a size of 0 has no place on a log scale, but a line of its own below
            sizes = np.where(given == 0, self.zero, given)
            marks.append(Line("sizes", x, sizes, look.color, 2.5, look.dash))
            marks.append(Marker("sizes", x[-1:], sizes[-1:], look.shape, look.color, 11.0))
        return marks


@or_notice
def watch_training(
    points: ArrayLike,
    labels: ArrayLike,
    params: Mapping[str, ArrayLike],
    train_step: Callable[..., Any],
    forward_mlp: Callable[..., Any],
    lr: float = 0.05,
    epochs: int = 30,
) -> Explore:
    """Train a network with the learner's functions and show the plane after each epoch.

    Parameters
    ----------
    points : array_like, shape (n, 2)
        Places in the plane.
    labels : array_like, shape (n,)
        The class of each, from 0; one row of zeros and a one for each is good, too.
    params : mapping of str to array_like
        W1, b1, … at the start.
    train_step : callable
        ``train_step(X, target, params, lr)`` returns the new parameters and the loss.
    forward_mlp : callable
        ``forward_mlp(X, params)`` returns a dict with y, also for a batch.
    lr : float
        Learning rate.
    epochs : int
        How often through the points, example by example.

    Returns
    -------
    Explore
        A slider over the epochs: regions and points, and the size of each layer's gradient.
    """
    places, classes = np.array(points, dtype=float), np.array(labels)
    if places.ndim != 2 or places.shape[1] != 2:
        raise Unusable(f"points should have the shape (n, 2), not {places.shape}")
    if classes.ndim == 2:
        classes = classes.argmax(axis=1)
    if classes.shape != (len(places),) or not np.isin(classes, np.arange(len(LOOKS))).all():
        raise Unusable(f"labels should be {len(places)} whole numbers from 0 to {len(LOOKS) - 1}")
    if lr <= 0 or epochs < 1:
        raise Unusable("lr should be above 0 and epochs at least 1")
    training = Training(places, classes.astype(int), train_step, forward_mlp, float(lr))
    history = training.run(copies(params), int(epochs))
    show = Show(training, history, int(epochs))
    last = len(history) - 1
    shown = np.unique(np.linspace(0, last, min(last + 1, FRAMES)).round().astype(int)).tolist()
    buttons = {
        "Start": 0,
        f"Epoch {shown[1]}": 1,
        "Halfway": len(shown) // 2,
        "End": len(shown) - 1,
    }
    options = Options(
        "Epoch",
        [history[k] for k in shown],
        [str(k) for k in shown],
        {words: min(i, len(shown) - 1) for words, i in buttons.items()},
        (0, min(len(shown) // 2, len(shown) - 1), len(shown) - 1),
    )
    picture = Explore(show.stage(), options, show.frame, play=True)
    rules = widgets.HTML(f"<style>{CSS}</style>", layout=widgets.Layout(display="none"))
    picture.widget.children = [rules, *picture.widget.children]
    picture.widget.add_class("downhill-watch")
    return picture
