"""What moves on a picture: each mark writes itself as SVG and draws itself with matplotlib."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from matplotlib import patheffects
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Polygon
from matplotlib.transforms import IdentityTransform
from numpy.typing import ArrayLike

from helpers.stage import FAR, Stage
from helpers.style import BLUE, INK, PAPER, ascii_attribute, mpl_color, svg_color

TURN = np.linspace(0, 2 * np.pi, 24, endpoint=False)
# Outlines of the markers, half a unit around the origin, y upwards.
SHAPES: dict[str, Any] = {
    "circle": 0.5 * np.column_stack([np.cos(TURN), np.sin(TURN)]),
    "square": np.array([[-0.45, -0.45], [0.45, -0.45], [0.45, 0.45], [-0.45, 0.45]]),
    "triangle": np.array([[-0.55, -0.45], [0.55, -0.45], [0.0, 0.55]]),
    "diamond": np.array([[0.0, -0.6], [0.6, 0.0], [0.0, 0.6], [-0.6, 0.0]]),
}
HALO = 3.0  # pixels that a halo adds on the whole width


class Mark(Protocol):
    """Something on a panel that can be drawn both ways."""

    @property
    def on(self) -> str:
        """Return the name of the panel."""

    def svg(self, stage: Stage) -> str:
        """Return SVG elements in the stage's pixels."""

    def mpl(self, axes: Axes) -> list[Artist]:
        """Add the artists to axes and return them."""


def pixel_path(points: np.ndarray, *, closed: bool = False) -> str:
    """Write points as the data of an SVG path.

    Parameters
    ----------
    points : ndarray, shape (n, 2)
        Finite pixels.
    closed : bool
        Whether the last point is joined to the first.

    Returns
    -------
    str
        The ``d`` attribute.

    Examples
    --------
    >>> pixel_path(np.array([[0, 1], [2, 3.25]]))
    'M0.0 1.0L2.0 3.2'
    """
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) + ("Z" if closed else "")


def stroke(color: str, width: float, dash: tuple[float, ...] = ()) -> str:
    """Write the attributes of a stroke.

    Parameters
    ----------
    color : str
        A colour of `helpers.style`.
    width : float
        Pixels.
    dash : tuple of float
        Lengths of ink and gap in pixels; empty for a solid line.

    Returns
    -------
    str
        SVG attributes.
    """
    dashes = f' stroke-dasharray="{" ".join(map(str, dash))}"' if dash else ""
    return (
        f'fill="none" stroke="{svg_color(color)}" stroke-width="{width}" '
        f'stroke-linejoin="round"{dashes}'
    )


@dataclass(frozen=True, eq=False)
class Line:
    """A line through points; it breaks where a point is not finite."""

    on: str
    x: ArrayLike
    y: ArrayLike
    color: str = BLUE
    width: float = 2.5
    dash: tuple[float, ...] = ()
    halo: str = ""

    def svg(self, stage: Stage) -> str:
        """Return the line as one SVG path, cut to the picture."""
        data = "".join(pixel_path(piece) for piece in stage.polylines(self.on, self.x, self.y))
        if not data:
            return ""
        behind = f'<path d="{data}" {stroke(self.halo, self.width + HALO)}/>' if self.halo else ""
        return behind + f'<path d="{data}" {stroke(self.color, self.width, self.dash)}/>'

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the line as matplotlib lines: the halo, then the ink."""
        layers: list[tuple[str, float, tuple[float, ...]]] = []
        if self.halo:
            layers.append((self.halo, self.width + HALO, ()))
        layers.append((self.color, self.width, self.dash))
        return [
            artist
            for color, width, dash in layers
            for artist in axes.plot(
                np.asarray(self.x, dtype=float),
                np.asarray(self.y, dtype=float),
                color=mpl_color(color),
                linewidth=width,
                linestyle=(0, dash) if dash else "-",
                dash_capstyle="butt",
                solid_capstyle="butt",
                scalex=False,
                scaley=False,
            )
        ]


@dataclass(frozen=True, eq=False)
class Segments:
    """Separate straight pieces, such as the residuals of a line."""

    on: str
    x0: ArrayLike
    y0: ArrayLike
    x1: ArrayLike
    y1: ArrayLike
    color: str = INK
    width: float = 2.0
    dash: tuple[float, ...] = ()

    def svg(self, stage: Stage) -> str:
        """Return the pieces as one SVG path, cut to the picture."""
        ends = np.stack([np.stack([self.x0, self.x1]), np.stack([self.y0, self.y1])])
        pieces = [
            piece
            for x, y in zip(ends[0].T, ends[1].T, strict=True)
            for piece in stage.polylines(self.on, x, y)
        ]
        data = "".join(pixel_path(piece) for piece in pieces)
        return f'<path d="{data}" {stroke(self.color, self.width, self.dash)}/>' if data else ""

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the pieces as one matplotlib collection."""
        starts = np.column_stack([self.x0, self.y0])
        ends = np.column_stack([self.x1, self.y1])
        pieces = LineCollection(
            list(np.stack([starts, ends], axis=1)),
            colors=mpl_color(self.color),
            linewidths=self.width,
            linestyles=[(0, self.dash)] if self.dash else "-",
        )
        return [axes.add_collection(pieces, autolim=False)]


@dataclass(frozen=True, eq=False)
class Marker:
    """One shape at each point; points outside the picture or not finite are left out."""

    on: str
    x: ArrayLike
    y: ArrayLike
    shape: str = "circle"
    color: str = BLUE
    size: float = 9.0
    edge: str = PAPER

    def svg(self, stage: Stage) -> str:
        """Return the shapes as SVG, one path each."""
        outline = SHAPES[self.shape] * [self.size, -self.size]
        style = f'fill="{svg_color(self.color)}" stroke="{svg_color(self.edge)}" stroke-width="1"'
        centres = [
            centre
            for centre in stage.pixels(self.on, self.x, self.y)
            if np.abs(centre).max() < FAR  # false for nan too
        ]
        if self.shape == "circle":  # much shorter than an outline
            return "".join(
                f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{self.size / 2:g}" {style}/>'
                for x, y in centres
            )
        return "".join(
            f'<path d="{pixel_path(centre + outline, closed=True)}" {style}/>' for centre in centres
        )

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the shapes as a matplotlib line without line."""
        outline = SHAPES[self.shape]
        return list(
            axes.plot(
                np.asarray(self.x, dtype=float),
                np.asarray(self.y, dtype=float),
                linestyle="none",
                marker=np.vstack([outline, outline[:1]]),
                # matplotlib scales an outline to reach half the size from the centre.
                markersize=2 * np.abs(outline).max() * self.size,
                markerfacecolor=mpl_color(self.color),
                markeredgecolor=mpl_color(self.edge),
                markeredgewidth=1,
                scalex=False,
                scaley=False,
            )
        )


@dataclass(frozen=True, eq=False)
class Text:
    """A word or number beside a point, shifted by pixels (to the right and up)."""

    on: str
    x: float
    y: float
    text: str
    color: str = INK
    anchor: str = "start"
    shift: tuple[float, float] = (0.0, 0.0)
    size: float = 14.0
    halo: str = PAPER

    def svg(self, stage: Stage) -> str:
        """Return the text as SVG, with a halo so that lines behind do not disturb it."""
        (x, y) = stage.pixels(self.on, [self.x], [self.y])[0] + self.shift * np.array([1, -1])
        if not max(abs(x), abs(y)) < FAR:
            return ""
        return (
            f'<text x="{x:.1f}" y="{y:.1f}" dy="0.35em" text-anchor="{self.anchor}" '
            f'font-size="{self.size:g}" fill="{svg_color(self.color)}" '
            f'stroke="{svg_color(self.halo)}" stroke-width="{HALO + 1}" paint-order="stroke" '
            f'stroke-linejoin="round">{ascii_attribute(self.text)}</text>'
        )

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the text as a matplotlib annotation."""
        sides = {"start": "left", "middle": "center", "end": "right"}
        return [
            axes.annotate(
                self.text,
                (self.x, self.y),
                xytext=self.shift,
                textcoords="offset points",
                ha=sides[self.anchor],
                va="center",
                color=mpl_color(self.color),
                fontsize=self.size,
                path_effects=[
                    patheffects.withStroke(linewidth=HALO + 1, foreground=mpl_color(self.halo))
                ],
                annotation_clip=True,
            )
        ]


def arrow_head(tail: np.ndarray, tip: np.ndarray, size: float) -> np.ndarray | None:
    """Return the triangle at the tip of an arrow.

    Parameters
    ----------
    tail, tip : ndarray, shape (2,)
        Pixels.
    size : float
        Length of the head in pixels.

    Returns
    -------
    ndarray, shape (3, 2), or None
        Corners; none for an arrow shorter than its head or out of the picture.
    """
    along = tip - tail
    length = float(np.hypot(*along))
    if not (size < length < FAR and np.abs(tip).max() < FAR):  # false for nan too
        return None
    along = along / length
    back = tip - size * along
    across = 0.4 * size * np.array([-along[1], along[0]])
    return np.array([tip, back + across, back - across])


@dataclass(frozen=True, eq=False)
class Arrows:
    """Arrow heads at the ends of steps; steps too short for a head have none."""

    on: str
    x0: ArrayLike
    y0: ArrayLike
    x1: ArrayLike
    y1: ArrayLike
    color: str = BLUE
    size: float = 11.0
    edge: str = ""

    def svg(self, stage: Stage) -> str:
        """Return the heads as SVG."""
        tails = stage.pixels(self.on, self.x0, self.y0)
        tips = stage.pixels(self.on, self.x1, self.y1)
        edge = f' stroke="{svg_color(self.edge)}"' if self.edge else ""
        return "".join(
            f'<path d="{pixel_path(head, closed=True)}" fill="{svg_color(self.color)}"{edge}/>'
            for tail, tip in zip(tails, tips, strict=True)
            if (head := arrow_head(tail, tip, self.size)) is not None
        )

    def mpl(self, axes: Axes) -> list[Artist]:
        """Return the heads as matplotlib polygons, placed on the laid-out figure."""
        figure = axes.get_figure(root=True)
        scale = figure.dpi / 72 if figure else 1.0
        with np.errstate(all="ignore"):
            tails = axes.transData.transform(np.column_stack([self.x0, self.y0])) / scale
            tips = axes.transData.transform(np.column_stack([self.x1, self.y1])) / scale
        heads = [arrow_head(t, p, self.size) for t, p in zip(tails, tips, strict=True)]
        return [
            axes.add_patch(
                Polygon(
                    head * scale,
                    facecolor=mpl_color(self.color),
                    edgecolor=mpl_color(self.edge) if self.edge else "none",
                    transform=IdentityTransform(),
                )
            )
            for head in heads
            if head is not None
        ]
