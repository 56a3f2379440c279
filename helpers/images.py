"""Pictures of handwritten digits, and of what a network confuses."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, to_rgb
from numpy.typing import ArrayLike

from helpers.explore import Frame, Picture, or_notice
from helpers.learner import Unusable
from helpers.stage import Panel, Stage
from helpers.style import BLUE, INK, PAPER, counted, mpl_color

SIDE = 8  # pixels along each side of a picture
COLUMNS = 8
SHOWN = 40  # pictures at most
SHADE = 0.6  # how blue the fullest cell is, so that its number stays readable
FEWEST = 10  # classes of a confusion matrix


def whole(values: ArrayLike, n: int | None, name: str) -> np.ndarray:
    """Take labels or predictions as whole numbers.

    Parameters
    ----------
    values : array_like
        What somebody passed.
    n : int or None
        How many there should be, if that is known.
    name : str
        For the message.

    Returns
    -------
    ndarray of int, shape (n,)
        A copy.

    Raises
    ------
    Unusable
        If they are something else.
    """
    taken = np.array(values)
    if taken.ndim != 1 or not len(taken) or (n is not None and len(taken) != n):
        count = "one number each" if n is None else counted(n, "number")
        raise Unusable(f"{name} should be {count}, not an array of shape {taken.shape}")
    if taken.dtype.kind not in "iuf" or not (taken == np.round(taken)).all() or taken.min() < 0:
        raise Unusable(f"{name} should be whole numbers from 0 up")
    return taken.astype(int)


def ramp(color: Any) -> LinearSegmentedColormap:
    """Return the shades from the paper of the theme to a colour.

    Parameters
    ----------
    color : str or tuple of float
        A colour that matplotlib knows.

    Returns
    -------
    LinearSegmentedColormap
        From 0 (paper) to 1.
    """
    return LinearSegmentedColormap.from_list("ramp", [mpl_color(PAPER), color])


def caption(label: int, prediction: int | None) -> str:
    """Write what stands under a picture.

    Parameters
    ----------
    label : int
        What it shows.
    prediction : int or None
        What it is read as.

    Returns
    -------
    str
        One number, or two with words where they differ.

    Examples
    --------
    >>> caption(5, None), caption(5, 5), caption(5, 9)
    ('5', '5', '5, read as 9')
    """
    return str(label) if prediction in (None, label) else f"{label}, read as {prediction}"


def draw_digits(images: np.ndarray, captions: Sequence[str], axes: Axes) -> None:
    """Draw pictures in rows with their words.

    Parameters
    ----------
    images : ndarray, shape (n, SIDE, SIDE)
        Grey values, 1 is ink.
    captions : sequence of str
        What stands under each.
    axes : Axes
        Where; their limits are those of `plot_digits`.
    """
    axes.set_axis_off()
    shades = ramp(mpl_color(INK))
    for k, (image, words) in enumerate(zip(images, captions, strict=True)):
        x, y = k % COLUMNS, -1.3 * (k // COLUMNS)
        extent = (x + 0.14, x + 0.86, y - 0.86, y - 0.14)
        axes.imshow(image, cmap=shades, vmin=0, vmax=1, extent=extent, aspect="auto")
        left, right, low, top = extent
        frame = [left, right, right, left, left], [low, low, top, top, low]
        width = 2.5 if "," in words else 0.8  # a heavier frame where the words say more
        axes.plot(*frame, color=mpl_color(INK), linewidth=width)
        axes.text(x + 0.5, y - 1.05, words, ha="center", va="center")


@or_notice
def plot_digits(X: ArrayLike, labels: ArrayLike, predictions: ArrayLike | None = None) -> Picture:
    """Show small pictures of digits with what they are, and what they are read as.

    Parameters
    ----------
    X : array_like, shape (n, 64)
        One picture a row, grey values from 0 (paper) to 1 (ink).
    labels : array_like, shape (n,)
        What each shows.
    predictions : array_like, shape (n,), optional
        What each is read as.

    Returns
    -------
    Picture
        The first 40; `description` lists them.
    """
    images = np.array(X, dtype=float)
    images = images[None] if images.ndim == 1 else images
    if images.ndim != 2 or images.shape[1] != SIDE**2 or not len(images):
        raise Unusable(f"X should have the shape (n, {SIDE**2}), not {images.shape}")
    right = whole(np.atleast_1d(labels), len(images), "labels")
    read = (
        None
        if predictions is None
        else whole(np.atleast_1d(predictions), len(images), "predictions")
    )
    shown = min(len(images), SHOWN)
    captions = [
        caption(int(right[k]), None if read is None else int(read[k])) for k in range(shown)
    ]
    words = counted(len(images), "picture")
    if shown < len(images):
        words += f", the first {shown} shown"
    if read is not None:
        words += f", {(read == right).sum()} read rightly"
    words += f". In order: {'; '.join(captions)}."
    rows = -(-shown // COLUMNS)
    panel = Panel(
        xlim=(0, COLUMNS),
        ylim=(-1.3 * rows, 0),
        draw=partial(draw_digits, images[:shown].reshape(-1, SIDE, SIDE), captions),
    )
    return Picture(Stage({"digits": panel}, size=(840, 130 * rows)), Frame([], words))


def draw_counts(counts: np.ndarray, axes: Axes) -> None:
    """Draw a table of counts, shaded by their share of the row.

    Parameters
    ----------
    counts : ndarray of int, shape (k, k)
        Rows are labels, columns predictions.
    axes : Axes
        Where.
    """
    k = len(counts)
    axes.grid(False)
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    paper, blue = (np.array(to_rgb(color)) for color in (mpl_color(PAPER), BLUE))
    shades = ramp(tuple(paper + SHADE * (blue - paper)))
    axes.imshow(share, cmap=shades, vmin=0, vmax=1, aspect="auto")
    for (i, j), count in np.ndenumerate(counts):
        weight = "bold" if i == j or count else "normal"
        axes.text(j, i, str(count), ha="center", va="center", weight=weight)
    axes.set_xticks(range(k))
    axes.set_yticks(range(k))


def confusions(counts: np.ndarray) -> str:
    """Name the three commonest confusions.

    Parameters
    ----------
    counts : ndarray of int, shape (k, k)
        Rows are labels, columns predictions.

    Returns
    -------
    str
        One sentence.

    Examples
    --------
    >>> confusions(np.array([[3, 1], [2, 4]]))
    'Commonest confusions: 1 read as 0 (2 times), 0 read as 1 (once).'
    """
    wrong = [(int(n), *at) for at, n in np.ndenumerate(counts) if at[0] != at[1] and n]
    first = sorted(wrong, key=lambda one: (-one[0], *one[1:]))[:3]
    told = [f"{i} read as {j} ({'once' if n == 1 else f'{n} times'})" for n, i, j in first]
    return f"Commonest confusions: {', '.join(told)}." if told else "No confusions."


@or_notice
def plot_confusion(labels: ArrayLike, predictions: ArrayLike) -> Picture:
    """Show how often each class is read as each other one.

    Parameters
    ----------
    labels, predictions : array_like, shape (n,)
        What each example is, and what it is read as.

    Returns
    -------
    Picture
        A table of counts; `description` names the three commonest confusions.
    """
    right = whole(labels, None, "labels")
    read = whole(predictions, len(right), "predictions")
    k = max(FEWEST, int(right.max()) + 1, int(read.max()) + 1)
    if k > 3 * FEWEST:
        raise Unusable(f"labels and predictions should be below {3 * FEWEST}")
    counts = np.zeros((k, k), dtype=int)
    np.add.at(counts, (right, read), 1)
    good = int(counts.trace())
    words = (
        f"{counted(len(right), 'example')}, {good} read rightly ({good / len(right):.1%}). "
        f"{confusions(counts)}"
    )
    ends = (-0.5, k - 0.5)
    panel = Panel("", "read as", "label", ends, ends[::-1], draw=partial(draw_counts, counts))
    size = (70 + 52 * k, 50 + 36 * k)
    return Picture(Stage({"counts": panel}, size=size), Frame([], words))
