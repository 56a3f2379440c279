"""The still part of a picture: axes drawn once a theme, and where data lands on them in pixels."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.path import Path
from numpy.typing import ArrayLike
from PIL import Image

from helpers.style import DARK, LIGHT, Theme, ascii_attribute, themed

if TYPE_CHECKING:
    from helpers.marks import Mark

SHARPNESS = 2  # image pixels for one CSS pixel
FAR = 1e4  # pixels; what lies further out is cut off
THIN_ABOVE = 300  # points; longer lines are thinned to the pixels that matter


Limits = tuple[float, float]


def limits(values: ArrayLike, margin: float = 0.08) -> Limits:
    """Return limits that hold all finite values, with some room.

    Parameters
    ----------
    values : array_like
        Numbers, some perhaps infinite or nan.
    margin : float
        Room on each side, as a share of the range.

    Returns
    -------
    tuple of float
        Low and high, never equal.

    Examples
    --------
    >>> limits([0, 10, float("inf")], 0.1)
    (-1.0, 11.0)
    """
    flat = np.array(values, dtype=float).ravel()
    finite = flat[np.isfinite(flat)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    room = margin * (high - low) or max(abs(high), 1.0) * 0.5
    return low - room, high + room


@dataclass(frozen=True)
class Panel:
    """One pair of axes: labels, limits, scales, and what stands still on it."""

    title: str = ""
    xlabel: str = ""
    ylabel: str = ""
    xlim: Limits | None = None
    ylim: Limits | None = None
    yscale: str = "linear"
    projection: str | None = None
    draw: Callable[[Axes], None] | None = None

    def set_up(self, axes: Axes) -> None:
        """Draw the still part on axes.

        Parameters
        ----------
        axes : Axes
            Fresh axes of this panel.
        """
        axes.set(title=self.title, xlabel=self.xlabel, ylabel=self.ylabel, yscale=self.yscale)
        if self.draw:
            self.draw(axes)
        if self.yscale == "log":
            axes.yaxis.set_major_formatter("{x:g}")  # plain numbers, and no mathtext to parse
        if self.xlim:
            axes.set_xlim(self.xlim)
        if self.ylim:
            axes.set_ylim(self.ylim)
            if self.yscale == "log" and self.ylim[1] > 30 * self.ylim[0]:
                axes.minorticks_off()  # powers of ten suffice, and minor ticks are slow


class Stage:
    """Panels drawn once in each theme, and the way from data to pixels.

    Parameters
    ----------
    panels : mapping of str to Panel
        The panels by name; marks name the panel they belong to.
    mosaic : nested list of str, optional
        Layout of the panel names as in ``Figure.subplot_mosaic``; default one row.
    size : tuple of int
        Width and height in CSS pixels.
    legend : sequence of callables
        Each makes one legend entry (a matplotlib artist with a label), below the panels.
    """

    def __init__(
        self,
        panels: Mapping[str, Panel],
        mosaic: list[Any] | None = None,
        size: tuple[int, int] = (840, 430),
        legend: Sequence[Callable[[], Artist]] = (),
    ) -> None:
        self.panels = dict(panels)
        self.mosaic = mosaic or [list(panels)]
        self.width, self.height = size
        self.legend = legend
        self._figures: dict[str, tuple[Figure, dict[str, Axes], Any]] = {}
        self._boxes: dict[str, tuple[float, float, float, float]] = {}

    def _drawn(self, theme: Theme) -> tuple[Figure, dict[str, Axes], Any]:
        """Return figure, axes and the still pixels of a theme, drawing them the first time."""
        if theme.name not in self._figures:
            with themed(theme):
                self._figures[theme.name] = self._draw(theme)
        return self._figures[theme.name]

    def _draw(self, theme: Theme) -> tuple[Figure, dict[str, Axes], Any]:
        figure = Figure(
            figsize=(self.width / 72, self.height / 72), dpi=72 * SHARPNESS, layout="constrained"
        )
        canvas = FigureCanvasAgg(figure)
        axes = figure.subplot_mosaic(
            self.mosaic,
            per_subplot_kw={
                name: {"projection": panel.projection} for name, panel in self.panels.items()
            },
        )
        for name, panel in self.panels.items():
            panel.set_up(axes[name])
        if self.legend:
            handles: list[Any] = [entry() for entry in self.legend]
            figure.legend(handles=handles, loc="outside lower center", ncols=2, handlelength=4)
        if theme is DARK:
            self._copy_layout(figure)
        canvas.draw()
        figure.set_layout_engine("none")
        return figure, axes, canvas.copy_from_bbox(figure.bbox)

    def _copy_layout(self, figure: Figure) -> None:
        """Put every axes where the light figure has it: one layout, one set of transforms."""
        figure.set_layout_engine("none")
        light, _, _ = self._drawn(LIGHT)
        for mine, theirs in zip(figure.axes, light.axes, strict=True):
            mine.set_position(theirs.get_position())

    def axes(self, on: str) -> Axes:
        """Return the light theme's axes of a panel.

        Parameters
        ----------
        on : str
            Name of the panel.

        Returns
        -------
        Axes
            Laid out and drawn.
        """
        return self._drawn(LIGHT)[1][on]

    def pixels(self, on: str, x: ArrayLike, y: ArrayLike) -> np.ndarray:
        """Convert data to CSS pixels, counted from the top left corner.

        Parameters
        ----------
        on : str
            Name of the panel.
        x, y : array_like, shape (n,)
            Data coordinates.

        Returns
        -------
        ndarray, shape (n, 2)
            Pixels; rows that are nowhere (not finite) are nan.
        """
        points = np.column_stack([np.ravel(np.asarray(v, dtype=float)) for v in (x, y)])
        with np.errstate(all="ignore"):
            raw = np.asarray(self.axes(on).transData.transform(points)) / SHARPNESS
            raw[:, 1] = self.height - raw[:, 1]
        raw[~np.isfinite(raw).all(axis=1)] = np.nan
        return raw

    def box(self, on: str) -> tuple[float, float, float, float]:
        """Return left, top, width and height of a panel in CSS pixels.

        Parameters
        ----------
        on : str
            Name of the panel.

        Returns
        -------
        tuple of float
            Left, top, width, height.
        """
        if on not in self._boxes:
            bounds = self.axes(on).get_window_extent().bounds
            left, bottom, width, height = (float(v) / SHARPNESS for v in bounds)
            self._boxes[on] = (left, self.height - bottom - height, width, height)
        return self._boxes[on]

    def polylines(self, on: str, x: ArrayLike, y: ArrayLike) -> list[np.ndarray]:
        """Cut a line to the picture: finite pieces near the panel, long ones thinned.

        Parameters
        ----------
        on : str
            Name of the panel.
        x, y : array_like, shape (n,)
            Data coordinates; they may be far away, infinite or nan.

        Returns
        -------
        list of ndarray, shape (k, 2)
            Pieces in CSS pixels.
        """
        # The bound keeps the arithmetic of clipping finite; the picture itself is a thousand wide.
        pixels = np.clip(self.pixels(on, x, y), -1e12, 1e12)
        if len(pixels) < 2:
            return []
        cleaned = Path(pixels).cleaned(
            remove_nans=True,
            clip=(-FAR, -FAR, FAR, FAR),
            simplify=len(pixels) > THIN_ABOVE,
        )
        codes = np.asarray(cleaned.codes)
        drawn = codes != Path.STOP
        starts = np.flatnonzero(codes[drawn] == Path.MOVETO)
        pieces = np.split(np.asarray(cleaned.vertices)[drawn], starts[1:])
        return [piece for piece in pieces if len(piece) > 1]

    def svg(self, marks: Iterable[Mark], label: str) -> str:
        """Write marks as one SVG picture that lies over the still part.

        Parameters
        ----------
        marks : iterable of Mark
            What moves.
        label : str
            The sentence that says what the picture shows.

        Returns
        -------
        str
            An ``<svg>`` element.
        """
        marks = list(marks)
        layers = []
        for name in self.panels:
            left, top, width, height = self.box(name)
            view = f"{left:.1f} {top:.1f} {width:.1f} {height:.1f}"
            inner = "".join(mark.svg(self) for mark in marks if mark.on == name)
            # A nested svg clips its content to the panel and needs no id.
            layers.append(
                f'<svg class="panel-{name}" x="{left:.1f}" y="{top:.1f}" width="{width:.1f}" '
                f'height="{height:.1f}" viewBox="{view}" overflow="hidden">{inner}</svg>'
            )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
            f'role="img" aria-label="{ascii_attribute(label)}">{"".join(layers)}</svg>'
        )

    def image(self, theme: Theme, marks: Iterable[Mark] = ()) -> Image.Image:
        """Draw marks over the still part with matplotlib.

        Parameters
        ----------
        theme : Theme
            Light or dark.
        marks : iterable of Mark
            What moves; none for the still part alone.

        Returns
        -------
        Image
            RGB, two image pixels for one CSS pixel.
        """
        figure, axes, still = self._drawn(theme)
        canvas: Any = figure.canvas
        canvas.restore_region(still)
        with themed(theme):
            for mark in marks:
                for artist in mark.mpl(axes[mark.on]):
                    axes[mark.on].draw_artist(artist)
                    artist.remove()
        return Image.fromarray(np.array(canvas.buffer_rgba())[..., :3])


def webp(image: Image.Image) -> bytes:
    """Encode an image for the page.

    Parameters
    ----------
    image : Image
        Any image.

    Returns
    -------
    bytes
        WebP data.
    """
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=88, method=0)
    return buffer.getvalue()


def png(image: Image.Image) -> bytes:
    """Encode an image for readers without HTML, at one image pixel for one CSS pixel.

    Parameters
    ----------
    image : Image
        An image at twice the size.

    Returns
    -------
    bytes
        PNG data.
    """
    buffer = io.BytesIO()
    image.reduce(SHARPNESS).save(buffer, "PNG")
    return buffer.getvalue()
