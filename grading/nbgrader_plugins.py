"""What plugs into nbgrader, at its own extension points: preprocessors for its three converters."""

import atexit
import html
import json
from functools import cache
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.engine import Engine
from grading.exercise import load_exercises
from grading.marker import Mark, mark_notebook, question_of
from grading.rebuild import rebuild
from grading.release import check_text, released_notebook, seal
from helpers.judge import NOT_ATTEMPTED, NOT_YET

RECORD = "marking.json"


class WriteChecks(NbGraderPreprocessor):
    """Write ``checks.json`` beside the notebook of a release."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Add the check data of the assignment to the files that nbconvert writes."""
        exercises = load_exercises(Path(resources["metadata"]["path"]) / "exercises.py")
        for cell in nb.cells:
            question_of(cell, exercises)  # no check without an exercise is released
        marked = [exercise for exercise in exercises.values() if exercise.role != "lesson"]
        if marked:
            resources.setdefault("outputs", {})["checks.json"] = check_text(marked).encode()
        return nb, resources


class SealRelease(NbGraderPreprocessor):
    """Refuse a release that gives an answer away; note in it how it was released."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Look at the notebook and at the files beside it."""
        seal(nb, Path(resources["metadata"]["path"]), resources.get("outputs", {}))
        return nb, resources


class Rebuild(NbGraderPreprocessor):
    """Put a submitted notebook back on the structure that was released."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Rebuild the notebook and note the repairs in its metadata."""
        # from source/, because anybody may have typed in release/
        source = _course(resources) / "source" / resources["nbgrader"]["assignment"]
        path = source / f"{resources['nbgrader']['notebook']}.ipynb"
        nb, repairs = rebuild(nb, released_notebook(path, self.config))
        nb.metadata["downhill"] = {"repairs": repairs}
        return nb, resources


class MarkQuestions(NbGraderPreprocessor):
    """Run the notebook in the runner, mark it here, and write scores where nbgrader reads them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give every code cell its outputs and every grade cell its score and message."""
        folder = Path(resources["metadata"]["path"])
        course, assignment = _course(resources), resources["nbgrader"]["assignment"]
        exercises = load_exercises(course / "source" / assignment / "exercises.py")
        checks = course / "release" / assignment / "checks.json"
        record = mark_notebook(nb, exercises, folder, _engine(), checks)
        repairs = [*nb.metadata.pop("downhill", {}).get("repairs", ()), *record.left_out]
        for repair in repairs:
            self.log.warning(repair)
        code = [(k, cell) for k, cell in enumerate(nb.cells) if cell.cell_type == "code"]
        for k, cell in code:
            question = question_of(cell, exercises)
            if question:
                cell.outputs = [_score_output(question, record.questions[question])]
            else:
                cell.outputs = _outputs(record.outputs.get(str(k), []), record.lost.get(str(k)))
            if utils.is_grade(cell):
                _make_warnings_free(cell)
        if repairs and code:
            code[0][1].outputs.insert(0, _box("Put right before marking", repairs))
        text = json.dumps({**record.summary(), "repairs": repairs}, ensure_ascii=False, indent=1)
        resources.setdefault("outputs", {})[RECORD] = text.encode()
        return nb, resources


def _course(resources: Any) -> Path:
    """Return the course folder: the notebook lies in <course>/<step>/<student>/<assignment>."""
    return Path(resources["metadata"]["path"]).resolve().parents[2]


@cache
def _engine() -> Engine:
    """Return the warm runner, one for all submissions of one command."""
    engine = Engine().__enter__()
    atexit.register(engine.__exit__)
    return engine


def _score_output(name: str, mark: Mark) -> NotebookNode:
    """Return the output from which nbgrader reads the score, with the words for a person."""
    page = _page(*feedback(name, mark))
    data = {"text/plain": f"{mark.score:g}", "text/html": page}
    return v4.new_output("execute_result", data=data, execution_count=None)


def _box(title: str, lines: list[str]) -> NotebookNode:
    """Return an output with words for a person."""
    data = {"text/plain": "\n".join([title, *lines]), "text/html": _page(title, lines)}
    return v4.new_output("display_data", data=data)


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
    """Return outputs that are valid notebook format; what is not is left out."""
    kept = []
    for output in shown:
        try:
            node = nbformat.from_dict(output)
            nbformat.validate(node, ref="output", version=4)
        except (nbformat.ValidationError, TypeError, AttributeError, ValueError):
            continue
        kept.append(node)
    if lost:
        text = f"This cell {lost} and was stopped."
        kept.append(v4.new_output("error", ename="CellLost", evalue=text, traceback=[text]))
    return kept
