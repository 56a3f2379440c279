"""What plugs into nbgrader, at its own extension points: preprocessors for its three converters."""

import json
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from grading.classroom import RECORD
from grading.exercise import load_exercises
from grading.intake import read_files
from grading.job import describe, engine
from grading.marker import mark_notebook, question_of
from grading.pages import dress
from grading.rebuild import rebuild
from grading.release import check_text, released_notebook, seal


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
        nb, repairs = rebuild(nb, _released(resources, self.config))
        nb.metadata["downhill"] = {"repairs": repairs}
        return nb, resources


class MarkQuestions(NbGraderPreprocessor):
    """Run the notebook in the runner, mark it here, and write scores where nbgrader reads them."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Give every code cell its outputs and every grade cell its score and message."""
        folder = Path(resources["metadata"]["path"])
        course, assignment = _course(resources), resources["nbgrader"]["assignment"]
        exercises = load_exercises(course / "source" / assignment / "exercises.py")
        files, left_out = read_files(folder)
        checks = course / "release" / assignment / "checks.json"
        if checks.exists():
            files["checks.json"] = checks.read_bytes()
        record = mark_notebook(nb, exercises, files, engine(figures=True))
        repairs = nb.metadata.pop("downhill", {}).get("repairs", [])
        for repair in [*left_out, *repairs]:
            self.log.warning(repair)
        dress(nb, record, exercises, [*left_out, *repairs])
        released = _released(resources, self.config)
        document = {
            "student": resources["nbgrader"]["student"],
            "unit": assignment,
            **describe(nb, released, record, exercises),
            "left_out": left_out,
            "repairs": repairs,
        }
        text = json.dumps(document, ensure_ascii=False, indent=1)
        resources.setdefault("outputs", {})[RECORD] = text.encode()
        return nb, resources


def _course(resources: Any) -> Path:
    """Return the course folder: the notebook lies in <course>/<step>/<student>/<assignment>."""
    return Path(resources["metadata"]["path"]).resolve().parents[2]


def _released(resources: Any, config: Any) -> NotebookNode:
    """Return the notebook that students received, made from source/: anybody may type in release/."""
    unit = _course(resources) / "source" / resources["nbgrader"]["assignment"]
    return released_notebook(unit / f"{resources['nbgrader']['notebook']}.ipynb", config)
