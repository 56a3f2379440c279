"""A function of two parameters as a landscape: a map with bands of equal area, or a surface."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import BoundaryNorm

from helpers.learner import heights
from helpers.stage import Limits, Panel
from helpers.style import number

GRID = 97  # points along each side of a landscape


@dataclass(frozen=True)
class Landscape:
    """Values of a function of two parameters on a grid."""

    f: Callable[[float, float], Any]
    xlim: Limits
    ylim: Limits

    @cached_property
    def grid(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return both coordinates and the values, each of shape (GRID, GRID)."""
        x, y = np.meshgrid(np.linspace(*self.xlim, GRID), np.linspace(*self.ylim, GRID))
        return x, y, heights(self.f, x, y)

    @cached_property
    def levels(self) -> np.ndarray:
        """Return heights that cut the grid into bands of equal area."""
        values = self.grid[2]
        finite = values[np.isfinite(values)]
        if not finite.size or finite.min() == finite.max():
            middle = float(finite.min()) if finite.size else 0.0
            return np.array([middle - 1.0, middle + 1.0])
        return np.unique(np.quantile(finite, np.linspace(0, 1, 15)))

    def contours(self, axes: Axes, bar: bool = False) -> None:
        """Draw the landscape as a map: light is low.

        Parameters
        ----------
        axes : Axes
            Where.
        bar : bool
            Whether to add a bar with the heights.
        """
        x, y, values = self.grid
        axes.grid(False)
        norm = BoundaryNorm(self.levels, 256)
        bands = axes.contourf(x, y, values, levels=self.levels, norm=norm)
        axes.contour(x, y, values, levels=self.levels[1:-1], colors="#333333", linewidths=0.6)
        if bar:
            ticks = self.levels[:: max(1, len(self.levels) // 7)]
            figure = axes.figure
            scale = figure.colorbar(bands, ax=axes, ticks=ticks, label="loss")
            scale.set_ticklabels([number(float(tick)) for tick in ticks])

    def lowest(self) -> tuple[float, float, float]:
        """Return the place and the value of the lowest point of the grid.

        Returns
        -------
        tuple of float
            Both coordinates and the value.
        """
        x, y, values = (part.ravel() for part in self.grid)
        index = int(np.argmin(np.where(np.isfinite(values), values, np.inf)))
        return float(x[index]), float(y[index]), float(values[index])

    def open_side(self) -> float:
        """Return the direction from which a surface is best seen: over its lowest corner.

        Returns
        -------
        float
            Azimuth in degrees.
        """
        values = np.nan_to_num(self.grid[2], nan=np.inf)
        corners = {-125: (0, 0), -55: (0, -1), 55: (-1, -1), 125: (-1, 0)}
        return float(min(corners, key=lambda angle: values[corners[angle]]))

    def lost(self, x: np.ndarray, y: np.ndarray) -> int | None:
        """Return when a path is further outside the map than the map is wide.

        Parameters
        ----------
        x, y : ndarray, shape (n,)
            The path.

        Returns
        -------
        int or None
            Index of the first such place.
        """
        far = np.zeros(len(x), dtype=bool)
        for along, (low, high) in ((x, self.xlim), (y, self.ylim)):
            size = high - low
            far |= ~((along > low - size) & (along < high + size))  # true for nan too
        return int(far.argmax()) if far.any() else None

    def panel(self, title: str, xlabel: str, ylabel: str) -> Panel:
        """Make a panel with the map.

        Parameters
        ----------
        title, xlabel, ylabel : str
            Its words.

        Returns
        -------
        Panel
            Of exactly this grid.
        """
        self.grid  # noqa: B018  # a learner's exception belongs to the caller, not to drawing
        return Panel(title, xlabel, ylabel, self.xlim, self.ylim, draw=self.contours)
