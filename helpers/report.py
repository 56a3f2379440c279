"""Boxes of text that a learner reads: the same words as HTML and as plain text."""

import html
import textwrap


class Report:
    """A titled box of lines that displays itself; nothing depends on its colour."""

    def __init__(self, title: str, *lines: str) -> None:
        self.title, self.lines = title, lines

    def __repr__(self) -> str:
        return "\n".join((self.title, *self.lines))

    def _repr_html_(self) -> str:
        body = "".join(f"<div>{html.escape(line)}</div>" for line in self.lines)
        return (
            '<div style="border-left:4px solid #0072B2;padding:2px 12px;line-height:1.5">'
            f"<strong>{html.escape(self.title)}</strong>{body}</div>"
        )

    def show(self) -> None:
        """Display the box in the notebook, or print it where there is none."""
        from IPython.display import display

        display(self)


class Message(Exception):
    """A message for the learner that ends the cell and shows no traceback."""

    def __init__(self, *lines: str) -> None:
        super().__init__("\n".join(lines))

    def _render_traceback_(self) -> list[str]:
        # IPython shows these lines in place of a traceback, and would break them inside a number
        lines = str(self).split("\n")
        return [part for line in lines for part in textwrap.wrap(line, 88, break_on_hyphens=False)]
