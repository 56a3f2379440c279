"""A bar that shows how far a loop is, in a notebook and in plain text."""

from __future__ import annotations

import operator
import sys
import time
from collections.abc import Iterable, Iterator
from typing import Any, SupportsIndex, TypeVar

import ipywidgets as widgets
from IPython import get_ipython
from IPython.display import display

T = TypeVar("T")

PAUSE = 0.1  # seconds between two pictures of the bar; a fast loop must not wait for it
LINES = 10  # lines at most where nothing can be overwritten


class Bar:
    """A bar with words beside it.

    Parameters
    ----------
    total : int
        How many steps; 0 if nobody knows.
    noun : str
        What a step is.
    """

    def __init__(self, total: int, noun: str) -> None:
        self.words = f"Progress over {total or 'some'} {noun}s"
        self.bar = widgets.IntProgress(max=total or 1, layout=widgets.Layout(width="300px"))
        self.label = widgets.Label()
        self.widget = widgets.HBox([self.bar, self.label])

    def show(self, done: int, words: str) -> None:
        """Change the bar.

        Parameters
        ----------
        done : int
            Steps that are complete.
        words : str
            What stands beside it.
        """
        self.bar.value, self.label.value = done, words

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        return {**self.widget._repr_mimebundle_(), "text/plain": self.words}


class Lines:
    """The words alone, in a terminal over and over in one line, in a file a few lines.

    Parameters
    ----------
    total : int
        How many steps; 0 if nobody knows.
    """

    def __init__(self, total: int) -> None:
        self.terminal = sys.stdout.isatty()
        self.every = max(1, -(-total // LINES))

    def show(self, done: int, words: str) -> None:
        """Write the words.

        Parameters
        ----------
        done : int
            Steps that are complete.
        words : str
            What is written.
        """
        if self.terminal:
            print(f"\r{words}\x1b[K", end="", flush=True)
        elif done % self.every == 0:
            print(words)


def progress(steps: SupportsIndex | Iterable[T], noun: str = "epoch") -> Iterator[Any]:
    """Go through a loop and show how far it is.

    Parameters
    ----------
    steps : int or iterable
        How often, or what to go through.
    noun : str
        What a step is, for the words.

    Yields
    ------
    object
        0, 1, 2, … for a number, else the members.

    Examples
    --------
    >>> for epoch in progress(2):
    ...     print("training", epoch)
    epoch 1 of 2
    training 0
    epoch 2 of 2
    training 1
    2 epochs done
    """
    items: Any = steps if isinstance(steps, Iterable) else range(operator.index(steps))
    total = len(items) if hasattr(items, "__len__") else 0
    return _loop(items, total, noun)


def _loop(items: Iterable[T], total: int, noun: str) -> Iterator[T]:
    shown: Bar | Lines = Lines(total)
    if getattr(get_ipython(), "kernel", None) is not None:
        shown = Bar(total, noun)
        display(shown)
    of = f" of {total}" if total else ""
    done, last, finished = 0, -PAUSE, False
    try:
        for item in items:
            now = time.monotonic()
            if isinstance(shown, Lines) or now - last >= PAUSE:
                shown.show(done, f"{noun} {done + 1}{of}")
                last = now
            yield item
            done += 1
        finished = True
    finally:
        ended = f"{done} {noun}{'' if done == 1 else 's'} done"
        _end(shown, done, ended if finished else f"stopped in {noun} {done + 1}{of}")


def _end(shown: Bar | Lines, done: int, words: str) -> None:
    if isinstance(shown, Lines):
        print(f"\r{words}\x1b[K" if shown.terminal else words)
    else:
        shown.show(done, words)
