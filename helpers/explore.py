"""Pictures that show themselves: still ones, baked ones behind a slider, and live ones."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any, ParamSpec, TypeVar

import ipywidgets as widgets

from helpers.controls import Spoken, preset_buttons
from helpers.learner import excuse
from helpers.marks import Mark
from helpers.stage import Stage, png, webp
from helpers.style import DARK, DARK_PAGES, LIGHT, ascii_attribute


@dataclass(frozen=True)
class Frame:
    """What moves in one state of a picture, and the sentence that says what it shows."""

    marks: Sequence[Mark]
    sentence: str


def guarded(frame: Callable[..., Frame], *values: Any) -> Frame:
    """Make a frame; an exception of the learner's function becomes its sentence.

    Parameters
    ----------
    frame : callable
        Makes a frame from the values of the controls.
    *values : object
        The values.

    Returns
    -------
    Frame
        The frame, or one without marks that tells about the exception.
    """
    try:
        return frame(*values)
    except Exception as error:
        return Frame((), excuse(error))


def data_url(data: bytes, kind: str = "webp") -> str:
    """Write image data as a URL.

    Parameters
    ----------
    data : bytes
        The encoded image.
    kind : str
        Its image type.

    Returns
    -------
    str
        A ``data:`` URL.
    """
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def themed_image(stage: Stage, marks: Sequence[Mark], alt: str) -> str:
    """Write a picture as one ``<img>`` that changes with the theme of the page.

    Parameters
    ----------
    stage : Stage
        The still part.
    marks : sequence of Mark
        What is drawn on it.
    alt : str
        Alternative text.

    Returns
    -------
    str
        HTML; where styles are stripped, the light picture remains.
    """
    light, dark = (webp(stage.image(theme, marks)) for theme in (LIGHT, DARK))
    name = f"downhill-{hashlib.sha1(light).hexdigest()[:10]}"
    selectors = ", ".join(f"{page} img.{name}" for page in DARK_PAGES)
    return (
        f"<style>{selectors} {{ content: url({data_url(dark)}); }}</style>"
        f'<img class="{name}" width="{stage.width}" src="{data_url(light)}" '
        f'alt="{ascii_attribute(alt)}">'
    )


def figure(image: str, caption: str) -> str:
    """Put a picture and its caption together.

    Parameters
    ----------
    image : str
        HTML of the picture.
    caption : str
        Plain text.

    Returns
    -------
    str
        A ``<figure>`` element.
    """
    return (
        f'<figure style="margin: 0 0 16px 0">{image}'
        f'<figcaption style="font-size: 15px">{html.escape(caption)}</figcaption></figure>'
    )


def frame_html(stage: Stage, frame: Frame) -> str:
    """Write a frame for the page: its marks over the still part, its sentence below.

    Parameters
    ----------
    stage : Stage
        The still part.
    frame : Frame
        What moves.

    Returns
    -------
    str
        HTML.
    """
    return (
        f'<div class="downhill-frame">{stage.svg(frame.marks, frame.sentence)}'
        f'<p class="downhill-readout">{html.escape(frame.sentence)}</p></div>'
    )


class Notice:
    """A sentence in place of a picture that could not be drawn.

    Parameters
    ----------
    description : str
        What happened, and what to do.
    """

    def __init__(self, description: str) -> None:
        self.description = description

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return {
            "text/html": f'<p role="status" style="font-size: 15px">'
            f"{html.escape(self.description)}</p>",
            "text/plain": self.description,
        }


P = ParamSpec("P")
R = TypeVar("R")


def or_notice(draw: Callable[P, R]) -> Callable[P, R | Notice]:
    """Let a function that draws show a sentence where a learner's function raises.

    Parameters
    ----------
    draw : callable
        Calls functions of the learner.

    Returns
    -------
    callable
        The same, which returns a `Notice` instead of raising.
    """

    @wraps(draw)
    def draw_or_explain(*args: P.args, **kwargs: P.kwargs) -> R | Notice:
        try:
            return draw(*args, **kwargs)
        except Exception as error:
            return Notice(excuse(error))

    return draw_or_explain


class Picture:
    """A still picture with its sentence.

    Parameters
    ----------
    stage : Stage
        The still part.
    frame : Frame
        The marks on it and the sentence.
    """

    def __init__(self, stage: Stage, frame: Frame) -> None:
        self.stage = stage
        self.frame = frame
        self.description = frame.sentence

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        image = png(self.stage.image(LIGHT, self.frame.marks))
        shown = themed_image(self.stage, self.frame.marks, self.description)
        return {
            "text/html": figure(shown, self.description),
            "image/png": base64.b64encode(image).decode(),
            "text/plain": self.description,
        }


def on_stage(stage: Stage, moving: widgets.Widget) -> widgets.GridBox:
    """Lay what moves over the still part.

    Parameters
    ----------
    stage : Stage
        The still part, in both themes.
    moving : Widget
        Shows frames of `frame_html`.

    Returns
    -------
    GridBox
        Both in one cell of a grid.
    """
    still = widgets.HTML(themed_image(stage, (), ""))
    still.add_class("downhill-still")
    for layer in (still, moving):
        layer.layout = widgets.Layout(grid_area="1 / 1", width="100%", margin="0")
    return widgets.GridBox(
        [still, moving], layout=widgets.Layout(grid_template_columns="100%", width="100%")
    )


class Scene(Spoken):
    """What baked and live pictures share: the still part, and the strip for print.

    Parameters
    ----------
    stage : Stage
        The still part.
    strip : sequence of Frame
        Up to three states for readers without widgets; the picture alone is the second.
    """

    def __init__(self, stage: Stage, strip: Sequence[Frame]) -> None:
        super().__init__(strip[0].sentence)
        self.stage = stage
        self.strip = strip

    @property
    def description(self) -> str:
        """Return the sentences of the states in the strip."""
        return " ".join(frame.sentence for frame in self.strip)

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        pictures = [self.stage.image(LIGHT, frame.marks) for frame in self.strip]
        figures = [
            figure(
                f'<img width="{self.stage.width}" src="{data_url(webp(picture))}" '
                f'alt="{ascii_attribute(frame.sentence)}">',
                frame.sentence,
            )
            for picture, frame in zip(pictures, self.strip, strict=True)
        ]
        middle = pictures[len(pictures) // 2]
        return {
            **self.widget._repr_mimebundle_(),
            "text/html": "".join(figures),
            "image/png": base64.b64encode(png(middle)).decode(),
            "text/plain": self.description,
        }


@dataclass(frozen=True)
class Options:
    """The positions of a slider: its name, the words for each value, and shortcuts to some."""

    name: str
    values: Sequence[Any]
    words: Sequence[str]
    presets: Mapping[str, int] = field(default_factory=dict)
    strip: Sequence[int] = ()


class Explore(Scene):
    """One slider; every frame is made beforehand and flipped by the browser.

    It goes on working when the kernel has stopped. Only the preset buttons need the kernel.

    Parameters
    ----------
    stage : Stage
        The still part.
    options : Options
        Positions of the slider.
    frame : callable
        Makes the frame of one value.
    play : bool
        Whether there are buttons that run through the positions.
    """

    def __init__(
        self,
        stage: Stage,
        options: Options,
        frame: Callable[[Any], Frame],
        *,
        play: bool = False,
    ) -> None:
        self.frames = [guarded(frame, value) for value in options.values]
        strip = options.strip or (0, len(self.frames) // 2, len(self.frames) - 1)
        super().__init__(stage, [self.frames[i] for i in strip])
        self.slider = widgets.SelectionSlider(
            options=list(zip(options.words, range(len(options.words)), strict=True)),
            description=options.name,
            style={"description_width": "initial"},
            layout=widgets.Layout(width="100%"),
        )
        self.stack = self._baked()
        widgets.jslink((self.slider, "index"), (self.stack, "selected_index"))
        self.slider.observe(self._tell, "index")
        self.buttons = preset_buttons(
            {words: partial(self.go, i) for words, i in options.presets.items()}
        )
        controls = [self.slider, self.buttons]
        if play:
            controls.insert(0, self._player())
        self.contain([*controls, on_stage(stage, self.stack)])

    def _baked(self) -> widgets.Stack:
        layout, style = widgets.Layout(width="100%", margin="0"), widgets.HTML().style
        pages = [
            widgets.HTML(frame_html(self.stage, frame), layout=layout, style=style)
            for frame in self.frames
        ]
        return widgets.Stack(pages, selected_index=0)

    def _player(self) -> widgets.HBox:
        play = widgets.Play(min=0, max=len(self.frames) - 1, interval=150)
        widgets.jslink((play, "value"), (self.slider, "index"))
        words = widgets.Label("Buttons: play or pause, back to the start, repeat.")
        return widgets.HBox([play, words])

    def _tell(self, _change: object) -> None:
        self.tell(self.frames[self.slider.index].sentence)

    def go(self, index: int) -> None:
        """Move the slider.

        Parameters
        ----------
        index : int
            Position, counted from 0.
        """
        self.slider.index = index


class Live(Scene):
    """Two or more free sliders; the kernel makes the frame of each setting.

    Parameters
    ----------
    stage : Stage
        The still part.
    controls : mapping of str to Widget
        Sliders by the name of the argument of `frame`.
    frame : callable
        Makes a frame from the values of the sliders, by name.
    presets : mapping of str to mapping
        Words on a button, and the values that it sets.
    """

    def __init__(
        self,
        stage: Stage,
        controls: Mapping[str, widgets.Widget],
        frame: Callable[..., Frame],
        presets: Mapping[str, Mapping[str, float]],
    ) -> None:
        self.controls = dict(controls)
        self.frame = frame
        states = [{name: c.value for name, c in controls.items()}, *presets.values()]
        super().__init__(stage, [guarded(partial(frame, **state)) for state in states[:3]])
        self.page = widgets.HTML(frame_html(stage, self.strip[0]))
        self.buttons = preset_buttons(
            {words: partial(self.set, values) for words, values in presets.items()}
        )
        for control in self.controls.values():
            control.observe(self._update, "value")
        self.contain([*self.controls.values(), self.buttons, on_stage(stage, self.page)])

    def current(self) -> Frame:
        """Return the frame of the sliders' values.

        Returns
        -------
        Frame
            Marks and sentence.
        """
        values = {name: control.value for name, control in self.controls.items()}
        return guarded(partial(self.frame, **values))

    def _update(self, _change: object) -> None:
        frame = self.current()
        self.page.value = frame_html(self.stage, frame)
        self.tell(frame.sentence)

    def set(self, values: Mapping[str, float]) -> None:
        """Move sliders.

        Parameters
        ----------
        values : mapping of str to float
            New values by name.
        """
        for name, value in values.items():
            self.controls[name].value = value
