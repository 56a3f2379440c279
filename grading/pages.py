"""What a person sees of a marked notebook: scores with words, and harmless outputs."""

import html
import re
from typing import Any

from nbformat import NotebookNode, from_dict

from grading.exercise import Exercise
from grading.marker import Mark, Record, question_of
from grading.rebuild import is_graded
from helpers.judge import NOT_ATTEMPTED, NOT_YET

# what a text cell may show in an instructor's page: words, tables, local pictures, nothing that runs
_TAGS = [
    "a",
    "abbr",
    "b",
    "blockquote",
    "br",
    "code",
    "dd",
    "del",
    "div",
    "dl",
    "dt",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "img",
    "kbd",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "ul",
]
_HIGHLIGHTED = re.compile(r"highlight|hll|[a-z][a-z0-9]{0,2}")  # classes of coloured code
_LOCAL = re.compile(r"[\w.-]+(/[\w.-]+)*")
PICTURES = ("image/png", "image/jpeg")
_BASE64 = re.compile(r"[A-Za-z0-9+/\n]*={0,2}\n?")


def dress(
    notebook: NotebookNode, record: Record, exercises: dict[str, Exercise], repairs: list[str]
) -> None:
    """
    Give every code cell its outputs and every question its score and message.

    Parameters
    ----------
    notebook : NotebookNode
        The notebook that was marked; it is changed.
    record : Record
        Its marks and outputs.
    exercises : dict
        The exercises by name.
    repairs : list of str
        What was put right; it stands at the top of the page.
    """
    code = [(k, cell) for k, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    for k, cell in code:
        question = question_of(cell, exercises)
        if question:
            cell.outputs = [_score_output(question, record.questions[question])]
        else:
            cell.outputs = _outputs(record.outputs.get(str(k), []), record.lost.get(str(k)))
        if is_graded(cell):
            _make_warnings_free(cell)
    if repairs and code:
        code[0][1].outputs.insert(0, _box("Put right before marking", repairs))


def safe_markdown(source: str) -> str:
    """
    Return Markdown as HTML that runs nothing and asks no other machine for anything.

    The configuration puts it in the place of nbconvert's own filter, which keeps raw HTML.

    Parameters
    ----------
    source : str
        The text of a Markdown cell.
    """
    from bleach import clean
    from nbconvert.filters import markdown2html

    return str(clean(markdown2html(source), tags=_TAGS, attributes=_harmless))


def _harmless(tag: str, name: str, value: str) -> bool:
    if name == "class":
        return tag in ("div", "span") and bool(_HIGHLIGHTED.fullmatch(value))
    if tag == "img":
        return name == "alt" or (name == "src" and bool(_LOCAL.fullmatch(value)))
    return name == "title" or (tag == "a" and name == "href")


def _score_output(name: str, mark: Mark) -> NotebookNode:
    """Return the output from which nbgrader reads the score, with the words for a person."""
    page = _page(*feedback(name, mark))
    data = {"text/plain": f"{mark.score:g}", "text/html": page}
    return _new("execute_result", data=data, execution_count=None)


def _new(kind: str, **parts: Any) -> NotebookNode:
    """Return an output; nbformat's own function checks its schema, which takes half a millisecond."""
    rich: dict[str, Any] = {"metadata": {}} if "data" in parts else {}
    return from_dict({"output_type": kind, **rich, **parts})


def _box(title: str, lines: list[str]) -> NotebookNode:
    """Return an output with words for a person."""
    data = {"text/plain": "\n".join([title, *lines]), "text/html": _page(title, lines)}
    return _new("display_data", data=data)


def _page(title: str, lines: list[str]) -> str:
    body = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    return f"<div><strong>{html.escape(title)}</strong>{body}</div>"


def feedback(name: str, mark: Mark) -> tuple[str, list[str]]:
    """
    Say what a mark means, without any hidden value.

    Parameters
    ----------
    name : str
        The question.
    mark : Mark
        Its mark.

    Returns
    -------
    title : str
        State and points.
    lines : list of str
        The parts and the advice.
    """
    points = f"{mark.score:g} of {mark.points:g} points" if mark.points else "stretch, no points"
    title = f"{mark.state.upper()}: {name} ({points})"
    if mark.state == NOT_ATTEMPTED:
        return title, mark.lines[:1]
    parts = [
        f"{part.name}: right" if part.right else f"{part.name}: not right. {part.says}"
        for part in mark.parts
    ]
    lines = [*parts, *mark.lines]
    if mark.state == NOT_YET and mark.score == mark.points > 0:
        lines.append("It has all points; mend it all the same.")
    if mark.warned:
        lines.append("Python gave a warning, which cost nothing.")
    return title, lines


def _make_warnings_free(cell: NotebookNode) -> None:
    """Keep nbgrader from giving 0 for a line on stderr, for example a NumPy warning."""
    for output in cell.outputs:
        if output.output_type == "stream":
            output.name = "stdout"


def _outputs(shown: Any, lost: str | None) -> list[NotebookNode]:
    """Return new outputs of what a runner sent: text and pictures, nothing that a page runs."""
    kept = [output for shown_one in shown if (output := _output(shown_one))]
    if lost:
        text = f"This cell {lost} and was stopped."
        kept.append(_new("error", ename="CellLost", evalue=text, traceback=[text]))
    return kept


def _output(shown: Any) -> NotebookNode | None:
    match shown:
        case {"output_type": "stream", "text": str(text)}:
            name = "stderr" if shown.get("name") == "stderr" else "stdout"
            return _new("stream", name=name, text=text)
        case {"output_type": "error", "ename": str(name), "evalue": str(value)}:
            lines = [line for line in shown.get("traceback") or [] if isinstance(line, str)]
            return _new("error", ename=name, evalue=value, traceback=lines)
        case {"output_type": "execute_result" | "display_data" as kind, "data": dict(data)}:
            kept = {mime: data[mime] for mime in ("text/plain", *PICTURES) if _fits(mime, data)}
            more = {"execution_count": None} if kind == "execute_result" else {}
            return _new(kind, data=kept, **more) if kept else None
    return None


def _fits(mime: str, data: dict[str, Any]) -> bool:
    value = data.get(mime)
    if not isinstance(value, str):
        return False
    return mime not in PICTURES or bool(_BASE64.fullmatch(value))
