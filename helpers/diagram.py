"""Drawings of calculations: boxes, wires, and slots for numbers, written as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from helpers.marks import arrow_head, pixel_path
from helpers.script import Solution, exact, signed, symbol
from helpers.style import BLUE, GREEN, LIGHT, PAPER, VERMILLION, ascii_attribute, svg_color

FONT = 14
LINE = 18  # pixels from one line of text to the next
LEGEND = "upright: value, on the way forward; slanted: gradient, on the way back"

CSS = f"""
.downhill-diagram text {{ font-size: {FONT}px; fill: currentColor; text-anchor: middle;
  dominant-baseline: central; }}
.downhill-diagram .downhill-title {{ font-weight: bold; }}
.downhill-diagram .downhill-sign {{ font-size: 20px; }}
.downhill-diagram .downhill-box {{ fill: {svg_color(PAPER)}; stroke: currentColor; }}
.downhill-diagram .downhill-wire {{ fill: none; stroke: currentColor; stroke-width: 1.2;
  opacity: 0.55; }}
.downhill-diagram .downhill-tip {{ fill: currentColor; stroke: none; }}
.downhill-diagram .downhill-active {{ stroke: {GREEN}; stroke-width: 3.5; opacity: 1; }}
.downhill-diagram .downhill-active.downhill-back {{ stroke-dasharray: 8 4; }}
.downhill-diagram .downhill-tip.downhill-active {{ fill: {GREEN}; stroke-width: 0; }}
.downhill-diagram .downhill-now {{ fill: none; stroke: {GREEN}; stroke-width: 3; }}
.downhill-diagram .downhill-used {{ stroke: {GREEN}; stroke-width: 2; stroke-dasharray: 2 2; }}
.downhill-diagram .downhill-later {{ opacity: 0.6; }}
.downhill-diagram .downhill-value {{ fill: {BLUE}; paint-order: stroke; stroke-width: 4;
  stroke: {svg_color(PAPER)}; fill: color-mix(in srgb, {BLUE} 70%, currentColor); }}
.downhill-diagram .downhill-gradient {{ fill: {VERMILLION}; font-style: italic;
  fill: color-mix(in srgb, {VERMILLION} 70%, currentColor); }}
.downhill-diagram .downhill-left {{ text-anchor: start; }}
.downhill-diagram .downhill-right {{ text-anchor: end; }}
"""


@dataclass(frozen=True)
class Box:
    """A neuron or an operation; it is active while one of its steps is made."""

    x: float
    y: float
    width: float
    height: float
    title: str = ""
    steps: Sequence[str] = ()
    corner: float = 10.0

    def svg(self, state: State) -> str:
        """Return the box with its title.

        Parameters
        ----------
        state : State
            What happens now.

        Returns
        -------
        str
            SVG elements.
        """
        active = " downhill-active" if state.now in self.steps else ""
        top = self.y - self.height / 2
        drawn = rectangle(self.x, self.y, self.width, self.height, f"box{active}", self.corner)
        if len(self.title) == 1:
            return drawn + words(self.x, self.y, self.title, "sign")
        middle = self.y if self.height < 3 * LINE else top + LINE * 0.8
        return drawn + words(self.x, middle, self.title, "title")


@dataclass(frozen=True)
class Wire:
    """A line along which a value goes forward and gradients come back; active while they do."""

    points: Sequence[tuple[float, float]]
    value: str
    gradients: Sequence[str] = ()

    def svg(self, state: State) -> str:
        """Return the line with its arrow head, which turns round for gradients.

        Parameters
        ----------
        state : State
            What happens now.

        Returns
        -------
        str
            SVG elements.
        """
        back = bool(state.busy.intersection(self.gradients))
        active = back or self.value in state.busy
        path = np.array(self.points, dtype=float)
        tail, tip = (path[1], path[0]) if back else (path[-2], path[-1])
        look = (" downhill-active" if active else "") + (" downhill-back" if back else "")
        head = arrow_head(tail, tip, 13.0 if active else 9.0)
        tip_svg = "" if head is None else pixel_path(head, closed=True)
        return (
            f'<path class="downhill-wire{look}" d="{pixel_path(path)}"/>'
            f'<path class="downhill-wire downhill-tip{look}" d="{tip_svg}"/>'
        )


@dataclass(frozen=True)
class Slot:
    """The place of a value: a ``row`` has its name at the left, a ``stack`` on top."""

    name: str
    x: float = 0.0
    y: float = 0.0
    width: float = 108.0
    kind: str = "stack"
    label: str = ""
    computed: bool = False  # show what the formula gives, not what the learner's function gave

    def at(self, x: float, y: float) -> Slot:
        """Return the same slot at another place.

        Parameters
        ----------
        x, y : float
            Its middle.

        Returns
        -------
        Slot
            A copy.
        """
        return replace(self, x=x, y=y)

    def svg(self, state: State) -> str:
        """Return the name, and the number as far as it is known.

        Parameters
        ----------
        state : State
            What is known and what happens now.

        Returns
        -------
        str
            SVG elements.
        """
        label, number = self.label or symbol(self.name), state.number(self.name, self.computed)
        later, look = "" if number else "later", state.look(self.name)
        if self.kind == "row":
            left, right = self.x - self.width / 2 + 7, self.x + self.width / 2 - 7
            name = words(left, self.y, label, f"left {later}")
            middle, y, height = right - text_width(number) / 2, self.y, LINE
            drawn = name + words(right, self.y, number, f"right {look}")
        else:
            middle, y, height = self.x, self.y + LINE / 2, 2 * LINE + 2
            drawn = words(self.x, self.y - LINE / 2, label, later) + words(self.x, y, number, look)
        if state.now == self.name:
            return drawn + rectangle(self.x, self.y, self.width - 6, height, "now", 6)
        return drawn + state.underline(self.name, middle, y, number)


@dataclass(frozen=True)
class Pill:
    """The place of a parameter: its name and its number with the sign, below it its gradient."""

    name: str
    gradient: str
    x: float
    y: float
    named: bool = True  # whether the gradient keeps its name beside the number
    left: bool = False  # whether x is the left end, not the middle

    def svg(self, state: State) -> str:
        """Return the pill with what is known.

        Parameters
        ----------
        state : State
            What is known and what happens now.

        Returns
        -------
        str
            SVG elements.
        """
        value = f"{self.name} {signed(state.givens[self.name])}"
        number, name = state.number(self.gradient), symbol(self.gradient)
        named = f"{name} {number}" if number.startswith("≠") else f"{name} = {number}"
        gradient = (named if self.named else number) if number else name
        width, height = max(text_width(value), text_width(gradient)) + 14, 2 * LINE + 4
        x = self.x + width / 2 if self.left else self.x
        y, below = self.y - LINE / 2, self.y + LINE / 2
        now = " downhill-active" if state.now == self.gradient else ""
        return (
            rectangle(x, self.y, width, height, f"box{now}", 12)
            + words(x, y, value, "value")
            + words(x, below, gradient, state.look(self.gradient) if number else "later")
            + state.underline(self.name, x, y, value)
        )


def text_width(text: str) -> float:
    """Estimate the width of a text in a wide font.

    Parameters
    ----------
    text : str
        Mostly digits.

    Returns
    -------
    float
        Pixels.
    """
    narrow, wide = (sum(map(text.count, some)) for some in (" .-/", "+=w"))
    return FONT * (0.64 * len(text) - 0.3 * narrow + 0.2 * wide)


def rectangle(x: float, y: float, width: float, height: float, look: str, corner: float) -> str:
    """Write a rectangle around a point.

    Parameters
    ----------
    x, y : float
        Its middle.
    width, height : float
        Pixels.
    look : str
        Rest of the CSS class.
    corner : float
        Radius of the corners.

    Returns
    -------
    str
        An SVG element.
    """
    return (
        f'<rect class="downhill-{look}" x="{x - width / 2:.1f}" y="{y - height / 2:.1f}" '
        f'width="{width:.1f}" height="{height:.1f}" rx="{corner:g}"/>'
    )


def words(x: float, y: float, text: str, look: str) -> str:
    """Write a text at a point.

    Parameters
    ----------
    x, y : float
        Its middle, or its end where the look says so.
    text : str
        The words; empty for nothing.
    look : str
        CSS classes without their prefix.

    Returns
    -------
    str
        An SVG element.
    """
    if not text:
        return ""
    classes = " ".join(f"downhill-{part}" for part in look.split())
    return f'<text class="{classes}" x="{x:.1f}" y="{y:.1f}">{ascii_attribute(text)}</text>'


class State:
    """What is known at a step, and what the step makes and uses.

    Parameters
    ----------
    solution : Solution
        All numbers.
    position : int
        0 before the first step.
    """

    def __init__(self, solution: Solution, position: int) -> None:
        self.givens = solution.givens
        self.known = {r.step.name: r for r in solution.results[:position]}
        last = solution.results[position - 1] if position else None
        self.now = last.step.name if last else ""
        self.used = last.step.uses if last else frozenset()
        self.busy = self.used | {self.now}
        self.gradients = {r.step.name for r in solution.results if r.step.backward}

    def number(self, name: str, computed: bool = False) -> str:
        """Write a value.

        Parameters
        ----------
        name : str
            Of a given value or of a step.
        computed : bool
            Whether to show what the formula gives in any case.

        Returns
        -------
        str
            Empty while it is not known; after a sign where the learner's number differs.
        """
        if name in self.givens:
            return exact(self.givens[name])
        result = self.known.get(name)
        if result is None:
            return ""
        if computed:
            return exact(result.computed)
        return ("≠ " if result.differs else "") + exact(result.value)

    def look(self, name: str) -> str:
        """Say which look a value has.

        Parameters
        ----------
        name : str
            Of a value.

        Returns
        -------
        str
            CSS classes without their prefix.
        """
        return "value gradient" if name in self.gradients else "value"

    def underline(self, name: str, x: float, y: float, text: str) -> str:
        """Underline a number that the step uses.

        Parameters
        ----------
        name : str
            Of the value.
        x, y : float
            Middle of the number.
        text : str
            The number.

        Returns
        -------
        str
            An SVG element, or nothing.
        """
        if name not in self.used or not text:
            return ""
        half = text_width(text) / 2
        return f'<path class="downhill-used" d="M{x - half:.1f} {y + 8:.1f}h{2 * half:.1f}"/>'


Part = Wire | Box | Slot | Pill


@dataclass(frozen=True)
class Drawing:
    """What stands where, in pixels; the values come from a solution."""

    width: float
    height: float
    parts: Sequence[Part]

    def svg(self, solution: Solution, position: int, *, page: bool = True) -> str:
        """Write the drawing at a step.

        Parameters
        ----------
        solution : Solution
            All numbers.
        position : int
            0 before the first step.
        page : bool
            Whether it takes its colours from the page; else it is dark on white.

        Returns
        -------
        str
            An ``<svg>`` element.
        """
        state = State(solution, position)
        layers = [
            part.svg(state)
            for kind in (Wire, Box, Slot, Pill)
            for part in self.parts
            if isinstance(part, kind)
        ]
        legend = words(self.width / 2, self.height - LINE / 2, LEGEND, "legend")
        color = "" if page else f' style="color: {LIGHT.ink}; background: {LIGHT.paper}"'
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="downhill-diagram" '
            f'viewBox="0 0 {self.width:g} {self.height:g}" width="{self.width:g}" '
            f'font-family="DejaVu Sans, Verdana, sans-serif"{color} role="img" '
            f'aria-label="{ascii_attribute(solution.sentence(position))}">'
            f"<style>{CSS}</style>{''.join(layers)}{legend}</svg>"
        )
