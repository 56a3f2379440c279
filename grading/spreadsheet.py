"""CSV that a spreadsheet program opens as text and numbers, never as formulas."""

import csv
import io
from collections.abc import Iterable
from typing import Any

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a cell that begins so would be computed


def visible(text: str) -> str:
    r"""
    Write out every character that cannot be seen, such as one that turns the reading direction.

    Parameters
    ----------
    text : str
        Any text, also one that cannot be encoded.

    Returns
    -------
    str
        The text with such characters as escapes.

    Examples
    --------
    >>> print(visible("ada\u202e"), visible("a\tb"), visible("Zoë"))
    ada\u202e a\tb Zoë
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def csv_text(rows: Iterable[Iterable[Any]]) -> str:
    """
    Write rows as CSV.

    Parameters
    ----------
    rows : iterable of iterables
        Texts and numbers; None is an empty cell.

    Returns
    -------
    str
        The file's text. A text that a spreadsheet would compute begins with an apostrophe.

    Examples
    --------
    >>> print(csv_text([["ada", -1.5, None], ["=1+1", 2, "x"]]), end="")
    ada,-1.5,
    '=1+1,2,x
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return f"'{visible(value)}" if value.lstrip(" ").startswith(FORMULA) else visible(value)
