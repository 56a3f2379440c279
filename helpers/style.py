"""The look of the pictures: palette, light and dark theme, and the words for numbers."""

from __future__ import annotations

import html
import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.style

STYLE = Path(__file__).with_name("course.mplstyle")

# Okabe-Ito: every pair stays apart for colour-blind readers, on white and on near-black.
BLUE = "#0072B2"
VERMILLION = "#D55E00"
GREEN = "#009E73"
PURPLE = "#CC79A7"
INK = "ink"  # the text colour of the theme
PAPER = "paper"  # the background of the theme

DASHED = (7.0, 4.0)
DOTTED = (2.0, 4.0)
DASH_DOTTED = (9.0, 4.0, 2.0, 4.0)


@dataclass(frozen=True)
class Theme:
    """A background, an ink for text and lines, and a quiet tone for the grid."""

    name: str
    paper: str
    ink: str
    grid: str

    def rc(self) -> dict[Any, str]:
        """Return the matplotlib settings of this theme.

        Returns
        -------
        dict
            Settings for ``matplotlib.rc_context``.
        """
        inked = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color")
        panes = (f"axes3d.{axis}axis.panecolor" for axis in "xyz")
        papered = ("figure.facecolor", "axes.facecolor", "savefig.facecolor", *panes)
        colors = dict.fromkeys(inked, self.ink) | dict.fromkeys(papered, self.paper)
        return colors | {"grid.color": self.grid}


LIGHT = Theme("light", "#ffffff", "#1a1a1a", "#dcdcdc")
DARK = Theme("dark", "#111111", "#eeeeee", "#3a3a3a")
DARK_PAGES = ('body[data-jp-theme-light="false"]', "body.vscode-dark", "html[theme=dark]")


@cache
def style_settings() -> dict[Any, Any]:
    """Read the style sheet, once, because matplotlib takes its time over it.

    Returns
    -------
    dict
        The settings in it.
    """
    return dict(mpl.rc_params_from_file(STYLE, use_default_template=False))


@contextmanager
def themed(theme: Theme) -> Iterator[None]:
    """Draw with the course's style in one theme.

    Parameters
    ----------
    theme : Theme
        Light or dark.
    """
    with mpl.rc_context(rc={**style_settings(), **theme.rc()}):
        yield


def use_course_style() -> None:
    """Give the learner's own matplotlib figures the look of the course."""
    matplotlib.style.use(STYLE)


def mpl_color(color: str) -> str:
    """Turn ``INK`` and ``PAPER`` into the colours of the theme in use.

    Parameters
    ----------
    color : str
        A colour that matplotlib knows, or ``INK`` or ``PAPER``.

    Returns
    -------
    str
        A colour that matplotlib knows.
    """
    settings: dict[str, Any] = {INK: "text.color", PAPER: "figure.facecolor"}
    return str(mpl.rcParams[settings[color]]) if color in settings else color


def svg_color(color: str) -> str:
    """Turn ``INK`` and ``PAPER`` into colours that follow the theme of the page.

    Parameters
    ----------
    color : str
        A CSS colour, or ``INK`` or ``PAPER``.

    Returns
    -------
    str
        A CSS colour.
    """
    follows = {INK: "currentColor", PAPER: f"var(--jp-layout-color0, {LIGHT.paper})"}
    return follows.get(color, color)


def number(value: float) -> str:
    """Write a number for a sentence, in plain ASCII.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        About four significant digits, or a word for what is not a number.

    Examples
    --------
    >>> number(13888.888), number(0.33333), number(1e-9), number(float("nan"))
    ('13889', '0.3333', '1e-09', 'not a number')
    """
    if math.isnan(value):
        return "not a number"
    if math.isinf(value):
        return "infinity" if value > 0 else "minus infinity"
    if 1000 <= abs(value) < 1e6:
        return f"{value:.0f}"
    return f"{value + 0.0:.4g}"


def counted(count: int, noun: str) -> str:
    """Write a count with its noun.

    Parameters
    ----------
    count : int
        How many.
    noun : str
        In the singular.

    Returns
    -------
    str
        Both words.

    Examples
    --------
    >>> counted(1, "step"), counted(0, "step")
    ('1 step', '0 steps')
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def ascii_attribute(text: str) -> str:
    """Escape a text for an HTML or XML attribute that holds ASCII only.

    Parameters
    ----------
    text : str
        Any text.

    Returns
    -------
    str
        The text with character references.

    Examples
    --------
    >>> ascii_attribute("a < b, e²")
    'a &lt; b, e&#178;'
    """
    return html.escape(text).encode("ascii", "xmlcharrefreplace").decode()
