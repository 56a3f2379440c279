"""Still pictures: points and lines, curves, costs, landscapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.lines import Line2D
from numpy.typing import ArrayLike

from helpers.explore import Frame, Picture, or_notice
from helpers.landscape import Landscape
from helpers.learner import Unusable, column, heights, two_numbers
from helpers.marks import SHAPES, Arrows, Line, Mark, Marker, Segments, Text
from helpers.stage import Limits, Panel, Stage, limits
from helpers.style import (
    BLUE,
    DASH_DOTTED,
    DASHED,
    DOTTED,
    GREEN,
    INK,
    PURPLE,
    VERMILLION,
    counted,
    mpl_color,
    number,
)

Paths = Mapping[str, ArrayLike] | ArrayLike

CURVE = 401  # points along a curve
LABELLED = 12  # residuals or points that still get a number each
MARKED = 24  # markers along a path
HEADED = 81  # points of a path that still gets arrow heads


def named(paths: Paths | None, name: str) -> dict[str, ArrayLike]:
    """Return paths by name; a single one gets a name.

    Parameters
    ----------
    paths : mapping, array_like or None
        Several named paths, one path, or none.
    name : str
        Name for a single one.

    Returns
    -------
    dict
        Paths by name.
    """
    if paths is None:
        return {}
    return dict(paths) if isinstance(paths, Mapping) else {name: paths}


@dataclass(frozen=True)
class Look:
    """How a named path is told from the others: colour, dash and marker."""

    color: str
    dash: tuple[float, ...]
    shape: str

    def legend(self, label: str) -> Artist:
        """Return a legend entry.

        Parameters
        ----------
        label : str
            Name of the path.

        Returns
        -------
        Artist
            A line with its marker.
        """
        return Line2D(
            [],
            [],
            color=mpl_color(self.color),
            linestyle=(0, self.dash) if self.dash else "-",
            marker=SHAPES[self.shape],
            label=label,
        )


LOOKS = (
    Look(BLUE, (), "circle"),
    Look(VERMILLION, DASHED, "square"),
    Look(GREEN, DOTTED, "triangle"),
    Look(PURPLE, DASH_DOTTED, "diamond"),
)

BLACK = Look("black", (), "circle")


def looks(names: Sequence[str]) -> dict[str, Look]:
    """Give each name its look.

    Parameters
    ----------
    names : sequence of str
        Names of paths.

    Returns
    -------
    dict
        Looks by name; they repeat after four.
    """
    return {name: LOOKS[i % len(LOOKS)] for i, name in enumerate(names)}


def descent(on: str, x: np.ndarray, y: np.ndarray, look: Look, halo: str = "") -> list[Mark]:
    """Draw a path with its direction: line, arrow heads on long steps, markers, a larger end.

    Parameters
    ----------
    on : str
        Name of the panel.
    x, y : ndarray, shape (n,)
        The places, first to last.
    look : Look
        Colour, dash and marker.
    halo : str
        Colour behind the line, for paths over a landscape.

    Returns
    -------
    list of Mark
        From back to front.
    """
    every = slice(None, None, max(1, len(x) // MARKED))
    headed = len(x) if len(x) <= HEADED else 1
    edge = halo or "paper"
    return [
        Line(on, x, y, look.color, 2.0, look.dash, halo),
        Arrows(
            on, x[: headed - 1], y[: headed - 1], x[1:headed], y[1:headed], look.color, edge=halo
        ),
        Marker(on, x[every], y[every], look.shape, look.color, 6.0, edge),
        Marker(on, x[:1], y[:1], look.shape, "white", 12.0, look.color),
        Marker(on, x[-1:], y[-1:], look.shape, look.color, 13.0, edge),
    ]


def residuals(on: str, x: np.ndarray, y: np.ndarray, m: float, c: float) -> list[Mark]:
    """Draw a line over all of a panel and its residual bars.

    Parameters
    ----------
    on : str
        Name of the panel.
    x, y : ndarray, shape (n,)
        The data.
    m, c : float
        Slope and intercept.

    Returns
    -------
    list of Mark
        The bars, the line, and the points over them.
    """
    with np.errstate(all="ignore"):
        ends = np.array(limits(x, 1.0))
        return [
            Segments(on, x, y, x, m * x + c, VERMILLION, 2.0, (4.0, 3.0)),
            Line(on, ends, m * ends + c, BLUE, 3.0),
            Marker(on, x, y, "circle", INK, 10.0),
        ]


def data_panel(
    x: np.ndarray, heights: ArrayLike, title: str = "", xlabel: str = "x", ylabel: str = "y"
) -> Panel:
    """Make an empty panel for data and lines.

    Parameters
    ----------
    x : ndarray, shape (n,)
        The data's x.
    heights : array_like
        Heights that must fit in: the data's y, and lines at the data.
    title, xlabel, ylabel : str
        Its words.

    Returns
    -------
    Panel
        With room around the points.
    """
    return Panel(title, xlabel, ylabel, limits(x, 0.18), limits(heights, 0.15))


def plot_points(x: ArrayLike, y: ArrayLike, xlabel: str = "x", ylabel: str = "y") -> Picture:
    """Show data points.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The data.
    xlabel, ylabel : str
        What they are, with units.

    Returns
    -------
    Picture
        Displays itself; `description` says what it shows.
    """
    x, y = column(x), column(y)
    sentence = (
        f"{counted(len(x), 'point')}: {xlabel} from {number(x.min())} to {number(x.max())}, "
        f"{ylabel} from {number(y.min())} to {number(y.max())}."
    )
    if len(x) <= LABELLED:
        pairs = ", ".join(f"({number(a)}, {number(b)})" for a, b in zip(x, y, strict=True))
        sentence += f" They are {pairs}."
    stage = Stage({"data": data_panel(x, y, "", xlabel, ylabel)}, size=(600, 360))
    return Picture(stage, Frame([Marker("data", x, y, "circle", INK, 10.0)], sentence))


@or_notice
def plot_line(
    x: ArrayLike, y: ArrayLike, m: float, c: float, xlabel: str = "x", ylabel: str = "y"
) -> Picture:
    """Show a line on its data, with the residuals (m x + c) - y as bars and numbers.

    Parameters
    ----------
    x, y : array_like, shape (n,)
        The data.
    m, c : float
        Slope and intercept.
    xlabel, ylabel : str
        What the data are, with units.

    Returns
    -------
    Picture
        Displays itself; `description` has the residuals and their mean square.
    """
    x, y = column(x), column(y)
    m, c = two_numbers((m, c), "the line")
    with np.errstate(all="ignore"):
        gaps = m * x + c - y
        mse = float(np.mean(gaps**2))
    words = f"The line y = m x + c with m = {number(m)} and c = {number(c)}: MSE {number(mse)}."
    marks = residuals("data", x, y, m, c)
    if len(x) <= LABELLED:
        words += f" Residuals (m x + c) - y: {', '.join(map(number, gaps))}."
        marks += [
            Text("data", a, b + gap / 2, number(gap), shift=(9, 0))
            for a, b, gap in zip(x, y, gaps, strict=True)
        ]
    panel = data_panel(x, np.append(y, m * x + c), "", xlabel, ylabel)
    return Picture(Stage({"data": panel}, size=(600, 380)), Frame(marks, words))


def slope_at(f: Callable[[float], Any], x: float, width: float) -> float:
    """Measure the slope of a function by a small step to both sides.

    Parameters
    ----------
    f : callable
        Function of one number.
    x : float
        Where.
    width : float
        Width of the picture, which sets the scale of the step.

    Returns
    -------
    float
        Rise over run.

    Examples
    --------
    >>> round(slope_at(lambda x: x * x, 3.0, 10.0), 6)
    6.0
    """
    step = 1e-5 * width
    low, high = heights(f, np.array([x - step, x + step]))
    return float((high - low) / (2 * step))


def journey(label: str, values: np.ndarray, outside: np.ndarray, places: Sequence[str]) -> str:
    """Tell a path in a sentence: from where to where, and whether it leaves the picture.

    Parameters
    ----------
    label : str
        Name of the path.
    values : ndarray, shape (n,)
        The function along the path.
    outside : ndarray of bool, shape (n,)
        Which places are not in the picture.
    places : sequence of str
        The first and the last place in words.

    Returns
    -------
    str
        One sentence, which begins with a space.
    """
    leaves = f"; it leaves the picture at step {int(outside.argmax())}" if outside.any() else ""
    return (
        f" {label}: {counted(len(values) - 1, 'step')} from {places[0]} (value {number(values[0])}) "
        f"to {places[1]} (value {number(values[-1])}){leaves}."
    )


@or_notice
def plot_curve(
    f: Callable[[float], Any],
    lo: float,
    hi: float,
    points: ArrayLike | Mapping[str, float] = (),
    tangent_at: float | None = None,
    paths: Paths | None = None,
    xlabel: str = "x",
    ylabel: str = "f(x)",
) -> Picture:
    """Show a function of one variable, with marked points, a tangent and descent paths.

    Parameters
    ----------
    f : callable
        Takes a number, returns a number.
    lo, hi : float
        Ends of the x axis.
    points : array_like or mapping of str to float
        Places to mark on the curve; a mapping names them.
    tangent_at : float, optional
        Where to draw the tangent.
    paths : array_like or mapping of str to array_like, optional
        Places visited one after the other, from one descent or from several named ones.
    xlabel, ylabel : str
        Names of the axes.

    Returns
    -------
    Picture
        Displays itself; `description` has the range, the lowest point and where paths end.
    """
    xs = np.linspace(lo, hi, CURVE)
    ys = heights(f, xs)
    ylim = limits(ys)
    low = int(np.nanargmin(ys))
    sentence = (
        f"{ylabel} for {xlabel} from {number(lo)} to {number(hi)}: "
        f"values from {number(ys[low])} (at {number(xs[low])}) to {number(np.nanmax(ys))}."
    )
    marks: list[Mark] = [Line("curve", xs, ys, INK, 2.0)]
    if tangent_at is not None:
        at = float(tangent_at)
        height, slope = float(heights(f, np.array([at]))[0]), slope_at(f, at, hi - lo)
        ends = np.array([lo - 1.0, hi + 1.0])
        marks.append(Line("curve", ends, height + slope * (ends - at), GREEN, 2.5, DASHED))
        marks.append(Marker("curve", [at], [height], "diamond", GREEN, 13.0))
        sentence += f" The tangent at {number(at)} has slope {number(slope)}."
    names = points if isinstance(points, Mapping) else {number(p): p for p in column(points)}
    for name, place in names.items():
        height = float(heights(f, np.array([float(place)]))[0])
        marks.append(Marker("curve", [place], [height], "circle", PURPLE, 12.0))
        marks.append(Text("curve", float(place), height, name, shift=(0, 16), anchor="middle"))
        sentence += f" Marked {name}: {xlabel} = {number(float(place))}, value {number(height)}."
    routes = {name: column(path) for name, path in named(paths, "path").items()}
    for name, look in looks(list(routes)).items():
        route = routes[name]
        along = heights(f, route)
        marks += descent("curve", route, along, look)
        inside = (route >= lo) & (route <= hi) & (along >= ylim[0]) & (along <= ylim[1])
        ends_at = [f"{xlabel} = {number(float(v))}" for v in (route[0], route[-1])]
        sentence += journey(name, along, ~inside, ends_at)
    legend = [partial(look.legend, name) for name, look in looks(list(routes)).items()]
    panel = Panel("", xlabel, ylabel, (lo, hi), ylim)
    stage = Stage({"curve": panel}, size=(680, 400), legend=legend if len(routes) > 1 else ())
    return Picture(stage, Frame(marks, sentence))


def trend(name: str, costs: np.ndarray, step: str = "step", cost: str = "cost") -> str:
    """Tell a sequence of costs in a sentence.

    Parameters
    ----------
    name : str
        Name of the run.
    costs : ndarray, shape (n,)
        Cost after each step, some perhaps infinite or nan.
    step, cost : str
        What is counted, and what is measured.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> trend("run", np.array([9.0, 4.0, 1.0]))
    'run: the cost falls from 9 to 1 in 2 steps.'
    """
    broken = ~np.isfinite(costs)
    steps = counted(len(costs) - 1, step)
    if broken.any():
        return f"{name}: the {cost} grows beyond all numbers at {step} {int(broken.argmax())}."
    first, last = float(costs[0]), float(costs[-1])
    if last > first:
        return f"{name}: the {cost} rises from {number(first)} to {number(last)} in {steps}."
    if last == first:
        return f"{name}: the {cost} is {number(first)} at the start and after {steps}."
    verb = "falls" if (np.diff(costs) <= 0).all() else "goes up and down"
    return f"{name}: the {cost} {verb} from {number(first)} to {number(last)} in {steps}."


def growth(names: Sequence[str], per_step: Mapping[str, float] | None) -> dict[str, float]:
    """Return by how much x grows a step, for each run.

    Parameters
    ----------
    names : sequence of str
        Names of the runs.
    per_step : mapping of str to float or None
        A number above 0 for each name; none if x counts steps.

    Returns
    -------
    dict of str to float
        A number for each name.

    Raises
    ------
    Unusable
        If a name is missing or a number is not above 0.
    """
    if per_step is None:
        return dict.fromkeys(names, 1)
    for name in names:
        if name not in per_step or not np.isfinite(per_step[name]) or per_step[name] <= 0:
            raise Unusable(f"per_step should have a number above 0 for {name!r}")
    return {name: per_step[name] for name in names}


@or_notice
def plot_costs(
    costs: Mapping[str, ArrayLike] | ArrayLike,
    xlabel: str = "step",
    ylabel: str = "cost",
    per_step: Mapping[str, float] | None = None,
) -> Picture:
    """Show cost against step for one run or several; the axis is logarithmic where that helps.

    Parameters
    ----------
    costs : array_like or mapping of str to array_like
        Cost at the start and after each step; a mapping names several runs.
    xlabel, ylabel : str
        Names of the axes.
    per_step : mapping of str to float, optional
        For each run by how much x grows a step, such as the examples in a batch; default 1.

    Returns
    -------
    Picture
        Displays itself; `description` says how each run goes.
    """
    runs = {name: column(values) for name, values in named(costs, "The run").items()}
    grows = growth(list(runs), per_step)
    every = np.concatenate(list(runs.values()))
    finite = every[np.isfinite(every)]
    # One diverging run must not press the others flat: the picture ends where runs began.
    starts = max(float(run[0]) for run in runs.values())
    shown = finite[finite <= 100 * starts] if starts > 0 else finite
    log = bool(shown.size and shown.min() > 0 and shown.max() > 30 * shown.min())
    marks: list[Mark] = []
    for name, look in looks(list(runs)).items():
        steps = np.arange(len(runs[name])) * grows[name]
        some = slice(None, None, max(1, len(steps) // 10))
        marks.append(Line("costs", steps, runs[name], look.color, 2.5, look.dash))
        marks.append(Marker("costs", steps[some], runs[name][some], look.shape, look.color))
    panel = Panel(
        xlabel=xlabel,
        ylabel=ylabel + (" (log scale)" if log else ""),
        xlim=(0, 1.03 * max((len(run) - 1) * grows[name] for name, run in runs.items()) or 1),
        ylim=(shown.min() / 1.5, shown.max() * 1.5) if log else limits(shown),
        yscale="log" if log else "linear",
    )
    legend = [partial(look.legend, name) for name, look in looks(list(runs)).items()]
    stage = Stage({"costs": panel}, size=(640, 380), legend=legend if len(runs) > 1 else ())
    if per_step is None:
        told = [trend(name, run, xlabel, ylabel) for name, run in runs.items()]
    else:
        told = [
            f"{trend(name, run, 'step', ylabel)[:-1]} ({xlabel}: {number((len(run) - 1) * grows[name])})."
            for name, run in runs.items()
        ]
    return Picture(stage, Frame(marks, " ".join(told)))


def surface(land: Landscape, routes: Mapping[str, np.ndarray], axes: Any) -> None:
    """Draw a landscape in three dimensions with its paths.

    Parameters
    ----------
    land : Landscape
        The values.
    routes : mapping of str to ndarray, shape (n, 2)
        Paths; nan where they are outside the landscape.
    axes : Axes3D
        Where.
    """
    axes.computed_zorder = False  # paths stay visible on the surface
    x, y, values = land.grid
    axes.plot_surface(x, y, values, cmap="cividis_r", rcount=30, ccount=30, alpha=0.9)
    for name, look in looks(list(routes)).items():
        route = routes[name]
        line = (0, look.dash) if look.dash else "-"
        axes.plot(
            *route.T,
            heights(land.f, *route.T),
            color=look.color,
            linestyle=line,
            marker=SHAPES[look.shape],
            markersize=6,
            markevery=max(1, len(route) // MARKED),
            markeredgecolor="white",
            zorder=5,
        )
    axes.set_zlabel("loss", labelpad=34)
    axes.tick_params(axis="z", pad=18)
    axes.locator_params(nbins=5)
    axes.view_init(elev=40, azim=land.open_side())


def labelled_arrow(land: Landscape, point: Limits, vector: Limits, label: str) -> list[Mark]:
    """Draw an arrow on a map, with its label beyond the tip, on the side with more room.

    Parameters
    ----------
    land : Landscape
        The map.
    point, vector : tuple of float
        Where the arrow begins, and along what.
    label : str
        The words.

    Returns
    -------
    list of Mark
        Shaft, head, starting point and label.
    """
    (u, v), (du, dv) = point, vector
    short = 0.95  # the shaft ends inside the head
    anchor = "end" if u + du > sum(land.xlim) / 2 else "start"
    shift = (0.0, 18.0 if dv >= 0 else -18.0)
    return [
        Line("map", [u, u + short * du], [v, v + short * dv], "black", 2.5, halo="white"),
        Arrows("map", [u], [v], [u + du], [v + dv], "black", 18.0, "white"),
        Marker("map", [u], [v], "circle", "black", 10.0, "white"),
        *(
            [Text("map", u + du, v + dv, label, "black", anchor, shift, halo="white")]
            if label
            else ()
        ),
    ]


@or_notice
def plot_landscape(
    f: Callable[[float, float], Any],
    xlim: Limits,
    ylim: Limits,
    paths: Paths | None = None,
    arrows: Sequence[tuple[ArrayLike, ArrayLike, str]] = (),
    kind: str = "contour",
    xlabel: str = "m",
    ylabel: str = "c",
) -> Picture:
    """Show a function of two parameters as a map or as a surface, with paths and arrows.

    Parameters
    ----------
    f : callable
        Takes two numbers, returns a number.
    xlim, ylim : tuple of float
        Ends of both axes.
    paths : array_like, shape (n, 2), or mapping of str to such arrays, optional
        Places visited one after the other.
    arrows : sequence of (point, vector, label)
        Arrows from a point along a vector, on the map only; the label may be empty.
    kind : str
        ``"contour"`` or ``"surface"``.
    xlabel, ylabel : str
        Names of the parameters.

    Returns
    -------
    Picture
        Displays itself; `description` has the lowest point and where the paths end.
    """
    land = Landscape(f, xlim, ylim)
    routes = {
        name: np.array(path, dtype=float).reshape(-1, 2)
        for name, path in named(paths, "path").items()
    }
    x, y, low = land.lowest()
    sentence = (
        f"Landscape over {xlabel} from {number(xlim[0])} to {number(xlim[1])} and {ylabel} from "
        f"{number(ylim[0])} to {number(ylim[1])}: highest {number(land.levels[-1])}, "
        f"lowest {number(low)} near ({number(x)}, {number(y)})."
    )
    inside = {}
    marks: list[Mark] = []
    for name, look in looks(list(routes)).items():
        a, b = routes[name].T
        within = (a >= xlim[0]) & (a <= xlim[1]) & (b >= ylim[0]) & (b <= ylim[1])
        inside[name] = np.where(within[:, None], routes[name], np.nan)
        marks += descent("map", a, b, look, halo="white")
        ends = [f"({number(a[i])}, {number(b[i])})" for i in (0, -1)]
        sentence += journey(name, heights(f, a, b), ~within, ends)
    for point, vector, label in arrows:
        (u, v), (du, dv) = column(point), column(vector)
        marks += labelled_arrow(land, (u, v), (du, dv), label)
        if label:
            sentence += (
                f" Arrow {label} at ({number(u)}, {number(v)}): ({number(du)}, {number(dv)})."
            )
    ends_at = [column(vector)[1] for _, vector, label in arrows if not label]
    if ends_at:
        lowest, highest = number(min(ends_at)), number(max(ends_at))
        sentence += f" {counted(len(ends_at), 'arrow')} without a name, their {ylabel} from {lowest} to {highest}."
    panel = Panel("", xlabel, ylabel, xlim, ylim, draw=partial(land.contours, bar=True))
    if kind == "surface":
        draw = partial(surface, land, inside)
        panel = Panel("", xlabel, ylabel, projection="3d", draw=draw)
        marks = []
    legend = [partial(look.legend, name) for name, look in looks(list(routes)).items()]
    stage = Stage({"map": panel}, size=(680, 470), legend=legend)
    return Picture(stage, Frame(marks, sentence))
