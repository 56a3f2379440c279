"""A drawing on which a learner goes through a calculation step by step."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import ipywidgets as widgets

from helpers.controls import Spoken, preset_buttons
from helpers.diagram import Drawing
from helpers.explore import data_url, figure
from helpers.script import Solution
from helpers.style import ascii_attribute

CSS = """
.downhill-steps .downhill-readout { min-height: 7.4em; }
.downhill-steps .downhill-equation { display: inline-grid; grid-template-columns: auto 1fr;
  gap: 0 0.4em; font-size: 16px; margin: 2px 0; }
.downhill-steps .downhill-equation > span { grid-column: 2; }
.downhill-steps .downhill-equation > span:first-child { grid-column: 1; }
.downhill-steps .downhill-equation > span:nth-child(-n+2) { grid-row: 1; }
.downhill-steps .downhill-notes { margin: 0 4px 8px; font-size: 15px; color: inherit; }
.downhill-steps table { border-collapse: collapse; font-size: 14px; }
.downhill-steps caption { text-align: left; padding: 4px 0; }
.downhill-steps th, .downhill-steps td { text-align: left; padding: 2px 10px 2px 0;
  vertical-align: top; }
.downhill-steps .downhill-parameters { display: grid; column-gap: 16px;
  grid-template-columns: repeat(auto-fit, minmax(300px, 1fr)); }
"""
SHOW, HIDE = "Show all steps as text", "Hide the text of all steps"
FIRST = " This is the start: Back goes no further."
LAST = " This is the last step: Next goes no further."


class Walk(Spoken):
    """Buttons and a slider for the steps of a calculation, controls for its parameters, a page.

    Parameters
    ----------
    solve : callable
        Makes the solution from the values of the parameters, by name.
    parameters : mapping of str to Widget, optional
        Their sliders, by name.
    """

    def __init__(
        self,
        solve: Callable[..., Solution],
        parameters: Mapping[str, widgets.Widget] | None = None,
    ) -> None:
        self.solve = solve
        self.parameters = dict(parameters or {})
        self.solution = self._solved()
        super().__init__(self.solution.sentence(0))
        self.slider = widgets.IntSlider(
            description="Step",
            max=self.solution.length,
            style={"description_width": "initial"},
            layout=widgets.Layout(flex="1 1 300px"),
        )
        self.buttons = preset_buttons(
            {
                "Back": partial(self.move, -1),
                "Next": partial(self.move, 1),
                "Start": partial(self.go, 0),
                "End": partial(self.go, self.slider.max),
            }
        )
        *buttons, keys = self.buttons.children
        self.buttons.children = [*buttons, self.slider, keys]
        self.page = widgets.HTML()
        self.toggle = widgets.ToggleButton(
            description=SHOW, layout=widgets.Layout(width="auto", align_self="flex-start")
        )
        self.text = widgets.HTML(layout=widgets.Layout(display="none"))
        self.slider.observe(lambda _change: self._show(), "value")
        self.toggle.observe(lambda _change: self._unfold(), "value")
        for control in self.parameters.values():
            control.observe(lambda _change: self._recompute(), "value")
        rules = widgets.HTML(f"<style>{CSS}</style>", layout=widgets.Layout(display="none"))
        self.contain([rules, self._controls(), self.buttons, self.page, self.toggle, self.text])
        self.widget.add_class("downhill-steps")
        self._show()

    @property
    def description(self) -> str:
        """Return the sentences of the start and of the ends of both directions."""
        return " ".join(self.solution.sentence(k) for k in self._strip())

    def transcript(self) -> str:
        """Tell all steps.

        Returns
        -------
        str
            One line a step, in the words that the picture shows.
        """
        return self.solution.transcript()

    def move(self, by: int) -> None:
        """Go some steps on.

        Parameters
        ----------
        by : int
            Negative to go back; at the ends the picture stays and says so.
        """
        wanted = self.slider.value + by
        if wanted < 0 or wanted > self.slider.max:
            self._show(FIRST if wanted < 0 else LAST)
        else:
            self.go(wanted)

    def go(self, position: int) -> None:
        """Go to a step.

        Parameters
        ----------
        position : int
            0 before the first step.
        """
        self.slider.value = position

    def _controls(self) -> widgets.Widget:
        """Lay out the controls of the parameters."""
        raise NotImplementedError

    def _page(self, position: int, note: str) -> str:
        """Write what a step shows."""
        raise NotImplementedError

    def _solved(self) -> Solution:
        return self.solve(**{name: control.value for name, control in self.parameters.items()})

    def _strip(self) -> tuple[int, int, int]:
        return 0, self.solution.turn, self.solution.length

    def _recompute(self) -> None:
        self.solution = self._solved()
        self._show()
        self._unfold()

    def _show(self, note: str = "") -> None:
        position = self.slider.value
        self.page.value = f'<div class="downhill-frame">{self._page(position, note)}</div>'
        self.tell(self.solution.sentence(position) + note)

    def _unfold(self) -> None:
        shown = self.toggle.value
        self.toggle.description = HIDE if shown else SHOW
        self.text.layout.display = "block" if shown else "none"
        self.text.value = self.solution.table() if shown else ""


class Stepper(Walk):
    """A walk on a drawing, with sliders for the parameters.

    Parameters
    ----------
    drawing : Drawing
        Where everything stands.
    solve : callable
        Makes the solution from the values of the parameters, by name.
    parameters : mapping of str to Widget, optional
        Their sliders, by name.
    """

    def __init__(
        self,
        drawing: Drawing,
        solve: Callable[..., Solution],
        parameters: Mapping[str, widgets.Widget] | None = None,
    ) -> None:
        self.drawing = drawing
        super().__init__(solve, parameters)

    def _controls(self) -> widgets.Widget:
        for control in self.parameters.values():
            control.style.description_width = "2em"
        sliders = widgets.Box(list(self.parameters.values()))
        sliders.add_class("downhill-parameters")
        return sliders

    def _page(self, position: int, note: str) -> str:
        told = readout(self.solution, position, note)
        return told + self.drawing.svg(self.solution, position)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        figures = [self._still(position) for position in self._strip()]
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": f"{''.join(figures)}<details><summary>All steps as text</summary>"
            f"{self.solution.table()}</details>",
            "text/plain": self.transcript(),
        }

    def _still(self, position: int) -> str:
        words = self.solution.sentence(position)
        svg = self.drawing.svg(self.solution, position, page=False)
        image = (
            f'<img width="{self.drawing.width:g}" src="{data_url(svg.encode(), "svg+xml")}" '
            f'alt="{ascii_attribute(words)}">'
        )
        return figure(image, words)


def readout(solution: Solution, position: int, note: str = "") -> str:
    """Write the sentence of a step for the page, the formula line by line.

    Parameters
    ----------
    solution : Solution
        All numbers.
    position : int
        0 before the first step.
    note : str
        What else is to be said.

    Returns
    -------
    str
        HTML; without its tags it is the sentence, and then what holds for all steps.
    """
    after = f"<strong>{html.escape(note)}</strong>"
    if not position:
        return f'<p class="downhill-readout">{html.escape(solution.sentence(0))}{after}</p>'
    result = solution.results[position - 1]
    lines = " ".join(f"<span>{html.escape(line)}</span>" for line in result.equation)
    notes = "".join(f'<p class="downhill-notes">{html.escape(note)}</p>' for note in solution.notes)
    return (
        f'<p class="downhill-readout">{html.escape(solution.head(position))} <br>'
        f'<span class="downhill-equation">{lines}</span> <br>'
        f"{html.escape(result.remark)}{after}</p>{notes}"
    )
