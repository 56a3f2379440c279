"""What plugs into nbgrader, at its own extension points: preprocessors for its three converters."""

import atexit
import html
import json
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, v4
from nbgrader import utils
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.engine import Engine
from grading.exercise import load_exercises
from grading.marker import Mark, mark_notebook
from grading.rebuild import rebuild
from grading.release import check_text

RECORD = "marking.json"


class WriteChecks(NbGraderPreprocessor):
    """Write ``checks.json`` beside the notebook of a release or a solution."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Add the check data of the assignment to the files that nbconvert writes."""
        source = Path(resources["metadata"]["path"])
        found = load_exercises(source / "exercises.py").values()
        marked = [exercise for exercise in found if exercise.role != "lesson"]
        if marked:
            resources.setdefault("outputs", {})["checks.json"] = check_text(marked).encode()
        return nb, resources


class Rebuild(NbGraderPreprocessor):
    """Put a submitted notebook back on the structure that was released."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Rebuild the notebook and note the repairs in its metadata."""
        released = _course(resources) / "release" / resources["nbgrader"]["assignment"]
        path = released / f"{resources['nbgrader']['notebook']}.ipynb"
        if not path.exists():
            raise FileNotFoundError(f"{path} is missing: run `nbgrader generate_assignment` first.")
        nb, repairs = rebuild(nb, nbformat.read(path, as_version=4))
        for repair in repairs:
            self.log.warning(repair)
        nb.metadata["downhill"] = {"repairs": repairs}
        return nb, resources


class MarkQuestions(NbGraderPreprocessor):
    """Run the notebook in the runner, mark it here, and write scores where nbgrader reads them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give every code cell its outputs and every grade cell its score and message."""
        folder = Path(resources["metadata"]["path"])
        assignment = resources["nbgrader"]["assignment"]
        exercises = load_exercises(_course(resources) / "source" / assignment / "exercises.py")
        code = [(k, cell) for k, cell in enumerate(nb.cells) if cell.cell_type == "code"]
        cells = [
            {"index": k, "source": cell.source, "question": _question(cell, exercises)}
            for k, cell in code
        ]
        record = mark_notebook(cells, exercises, folder, _engine())
        for (k, cell), sent in zip(code, cells, strict=True):
            if sent["question"]:
                cell.outputs = [_score_output(sent["question"], record.questions[sent["question"]])]
            else:
                cell.outputs = _outputs(record.outputs.get(str(k), []), record.lost.get(str(k)))
            if utils.is_grade(cell):
                _make_warnings_free(cell)
        summary = {**record.summary(), **nb.metadata.pop("downhill", {})}
        text = json.dumps(summary, ensure_ascii=False, indent=1)
        resources.setdefault("outputs", {})[RECORD] = text.encode()
        return nb, resources


def _course(resources: Any) -> Path:
    """Return the course folder: the notebook lies in <course>/<step>/<student>/<assignment>."""
    return Path(resources["metadata"]["path"]).resolve().parents[2]


def _question(cell: NotebookNode, exercises: Any) -> str | None:
    name = cell.metadata.get("nbgrader", {}).get("grade_id")
    return name if utils.is_grade(cell) and name in exercises else None


_running: list[Engine] = []


def _engine() -> Engine:
    """Return the warm runner, started once for all submissions of one command."""
    if _running and not _running[0].alive():
        _running.pop().__exit__()
    if not _running:
        _running.append(Engine().__enter__())
        atexit.register(_running[0].__exit__)
    return _running[0]


def _score_output(name: str, mark: Mark) -> NotebookNode:
    """Return the output from which nbgrader reads the score, with the words for a person."""
    title, lines = feedback(name, mark)
    body = "".join(f"<div>{html.escape(line)}</div>" for line in lines)
    page = f"<div><strong>{html.escape(title)}</strong>{body}</div>"
    data = {"text/plain": f"{mark.score:g}", "text/html": page}
    return v4.new_output("execute_result", data=data, execution_count=None)


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
    if mark.state == "not attempted":
        return title, mark.lines[:1]
    parts = [
        f"{part.name}: right" if part.right else f"{part.name}: not right. {part.says}"
        for part in mark.parts
    ]
    warned = ["Python gave a warning, which cost nothing."] if mark.warned else []
    return title, [*parts, *mark.lines, *warned]


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
