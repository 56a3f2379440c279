"""What interactive pictures are operated with: sliders, buttons, and a spoken caption."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import ipywidgets as widgets
import numpy as np

CSS = """
.downhill-explore { max-width: 860px; overflow: visible; position: relative; }
.downhill-explore .widget-html-content { line-height: 1.4; font-size: 15px; }
.downhill-explore .widget-html, .downhill-explore .widget-html-content { display: block; margin: 0;
  width: 100%; height: auto; overflow: visible; }
.downhill-explore .downhill-still img, .downhill-explore .downhill-frame svg[role=img] {
  display: block; width: 100%; height: auto; margin: 0; max-width: none; }
.downhill-explore .downhill-frame svg { font-family: "DejaVu Sans", Verdana, sans-serif; }
.downhill-explore .downhill-frame { color: var(--jp-ui-font-color0,
  var(--vscode-foreground, #1a1a1a)); }
.downhill-explore .downhill-readout { margin: 8px 4px; min-height: 4.2em; font-size: 15px;
  color: inherit; }
.downhill-explore .downhill-live { position: absolute; width: 1px; height: 1px; overflow: hidden;
  clip-path: inset(50%); }
.downhill-explore .widget-label, .downhill-explore .widget-readout,
.downhill-explore .widget-button { font-size: 15px; }
"""


def live_caption(sentence: str) -> str:
    """Write the sentence for screen readers, which announce it when it changes.

    Parameters
    ----------
    sentence : str
        Plain text.

    Returns
    -------
    str
        HTML.
    """
    return f'<div role="status" aria-live="polite">{html.escape(sentence)}</div>'


class Spoken:
    """Widgets in a container with a caption that screen readers announce.

    Parameters
    ----------
    sentence : str
        What the caption says at first.
    """

    def __init__(self, sentence: str) -> None:
        self.caption = widgets.HTML(live_caption(sentence))
        self.caption.add_class("downhill-live")
        self.widget: widgets.VBox = widgets.VBox([])

    def tell(self, sentence: str) -> None:
        """Change the caption.

        Parameters
        ----------
        sentence : str
            Plain text.
        """
        self.caption.value = live_caption(sentence)

    def contain(self, parts: Sequence[widgets.Widget]) -> None:
        """Put widgets and the caption into the container.

        Parameters
        ----------
        parts : sequence of Widget
            From top to bottom.
        """
        rules = widgets.HTML(f"<style>{CSS}</style>", layout=widgets.Layout(display="none"))
        self.widget.children = [rules, *parts, self.caption]
        self.widget.add_class("downhill-explore")


def slider(name: str, low: float, high: float, value: float) -> widgets.FloatSlider:
    """Make a slider with round ends and about a hundred positions.

    Parameters
    ----------
    name : str
        Its name on the page.
    low, high : float
        What it has to reach.
    value : float
        Where it starts.

    Returns
    -------
    FloatSlider
        Whose range holds low, high and value.
    """
    low, high = min(low, value), max(high, value)
    exponent = int(np.floor(np.log10((high - low) / 100)))
    step = 10.0**exponent
    return widgets.FloatSlider(
        value=value,
        min=float(np.floor(low / step) * step),
        max=float(np.ceil(high / step) * step),
        step=step,
        description=name,
        readout_format=f".{max(0, -exponent)}f",
        layout=widgets.Layout(width="100%"),
        style={"description_width": "6em"},  # the same for all, so that the tracks align
    )


def preset_buttons(presets: Mapping[str, Callable[[], None]]) -> widgets.HBox:
    """Make a row of buttons, with a word on the keys that move a slider.

    Parameters
    ----------
    presets : mapping of str to callable
        Words on the button, and what a click does.

    Returns
    -------
    HBox
        The buttons and the words, wrapping where the page is narrow.
    """
    buttons = []
    for words, act in presets.items():
        button = widgets.Button(description=words, layout=widgets.Layout(width="auto"))
        button.on_click(lambda _button, act=act: act())
        buttons.append(button)
    keys = widgets.Label("Keys: arrows, PageUp, PageDown.")
    return widgets.HBox([*buttons, keys], layout=widgets.Layout(flex_flow="row wrap"))
