"""The demonstration class: synthetic submissions, marked by the class command."""

import copy
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from grading.classroom import Place
from grading.collect import notebook_name
from grading.course import COURSE, load_module, nbgrader, units
from grading.rebuild import grade_id, is_answer

Damage = Callable[[NotebookNode], str]


@dataclass
class Submission:
    """
    One synthetic hand-in: the model solution with some answers exchanged.

    ``answers`` replaces answers by name, ``only`` keeps just these, ``blank`` keeps none;
    ``damage`` turns the notebook into the text of the file that is handed in.
    """

    student: str
    answers: dict[str, str] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    blank: bool = False
    damage: Damage = nbformat.writes

    def text(self, released: NotebookNode, solution: NotebookNode) -> str:
        """
        Return the text of the notebook file.

        Parameters
        ----------
        released : NotebookNode
            What students received.
        solution : NotebookNode
            The same notebook with the model answers.
        """
        right = {grade_id(cell): cell.source for cell in solution.cells}
        notebook = copy.deepcopy(released)
        for cell in notebook.cells:
            name = grade_id(cell)
            question = name.removesuffix("-answer")
            if not name or not is_answer(cell) or self.blank:
                continue
            if question in self.answers:
                cell.source = self.answers[question].strip()
            elif self.only is None or question in self.only:
                cell.source = right[name]
        return self.damage(notebook)


def answered(submission: Submission, question: str, text: str) -> None:
    """Give a submission an answer to one more question."""
    submission.answers.setdefault(question, text)


def delete_cell(name: str) -> Damage:
    """Return the damage "this cell is gone"."""

    def damage(notebook: NotebookNode) -> str:
        notebook.cells = [cell for cell in notebook.cells if grade_id(cell) != name]
        return nbformat.writes(notebook)

    return damage


def double_cell(name: str) -> Damage:
    """Return the damage "this cell is there twice"."""

    def damage(notebook: NotebookNode) -> str:
        (index,) = (k for k, cell in enumerate(notebook.cells) if grade_id(cell) == name)
        twin = copy.deepcopy(notebook.cells[index])
        twin.id = f"{twin.id}-copy"
        notebook.cells.insert(index + 1, twin)
        return nbformat.writes(notebook)

    return damage


def truncate(notebook: NotebookNode) -> str:
    """Return the first half of the file, as after a broken upload."""
    text = nbformat.writes(notebook)
    return text[: len(text) // 2]


def load_class(unit: Path) -> list[Submission]:
    """Return the demonstration class of a unit's source folder."""
    return list(load_module(unit / "demo_class.py").CLASS)


def make_course(folder: Path) -> None:
    """
    Make a course folder with the released assignments and the demonstration class handed in.

    Parameters
    ----------
    folder : pathlib.Path
        Where to make it; it must not exist yet.
    """
    folder.mkdir(parents=True)
    shutil.copytree(
        COURSE / "source", folder / "source", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    nbgrader(folder, "generate_assignment", "*")
    nbgrader(folder, "generate_solution", "*")
    for unit in units(folder):
        for path in unit.glob("*.ipynb"):
            released = nbformat.read(folder / "release" / unit.name / path.name, as_version=4)
            solution = nbformat.read(folder / "solutions" / unit.name / path.name, as_version=4)
            for submission in load_class(unit):
                target = folder / "submitted" / submission.student / unit.name
                target.mkdir(parents=True)
                (target / path.name).write_text(
                    submission.text(released, solution), encoding="utf-8"
                )


def mark_course(folder: Path, figures: bool = False) -> None:
    """Mark all that is handed in, write feedback pages and export the marks."""
    for unit in units(folder):
        command = [sys.executable, "-m", "grading.cli", "mark", unit.name, "--course", str(folder)]
        # the damaged files in the class make the command end with an error after all are marked
        subprocess.run([*command, *(["--figures"] if figures else [])], cwd=COURSE, check=False)
    nbgrader(folder, "generate_feedback", "*", check=False)
    nbgrader(folder, "export")


def table(folder: Path, unit: str) -> str:
    """
    Return the result table of a unit as text.

    Parameters
    ----------
    folder : pathlib.Path
        The course folder.
    unit : str
        The unit's name.

    Returns
    -------
    str
        One row a student with the score of each question, the first mistake found and what was
        repaired or went wrong; below, each question's commonest mistake.
    """
    place = Place(folder, unit, Path(notebook_name(folder, unit)).stem)
    found = {record["student"]: record for record in place.records()}
    records = {student: record for student, record in found.items() if "failure" not in record}
    questions = list(next(iter(records.values()))["questions"]) if records else []
    widths = [max(len(name), 4) for name in questions]
    rows = [_row("student", questions, widths, "total", "what was found")]
    for student in found:
        if student in records:
            marks = records[student]["questions"]
            scores = [f"{marks[name]['score']:g}" for name in questions]
            total = f"{sum(marks[name]['score'] for name in questions):g}"
            rows.append(_row(student, scores, widths, total, _note(records[student])))
        else:
            why = f"not marked: {found[student]['failure']}"
            rows.append(_row(student, ["–"] * len(questions), widths, "–", why))
    mistakes = [_commonest(records, name) for name in questions]
    common = [f"  {name}: {text}" for name, text in zip(questions, mistakes, strict=True) if text]
    return "\n".join([*rows, "", "Commonest mistake of each question:", *common])


def _row(student: str, scores: list[str], widths: list[int], total: str, note: str) -> str:
    cells = [f"{score:>{width}}" for score, width in zip(scores, widths, strict=True)]
    return "  ".join([f"{student:22}", *cells, f"{total:>5}", note]).rstrip()


def _note(record: Any) -> str:
    found = [
        f"{name}: {mark['diagnosis']}"
        for name, mark in record["questions"].items()
        if mark["diagnosis"] and mark["diagnosis"] != "not-attempted"
    ]
    lost = [f"a cell {reason}" for reason in record["lost"].values()]
    return "; ".join([*record["repairs"], *lost, *found[:1]])


def _commonest(records: dict[str, Any], question: str) -> str:
    found = Counter(record["questions"][question]["diagnosis"] for record in records.values())
    found.pop("", None)
    found.pop("not-attempted", None)
    ranked = found.most_common(1)
    return f"{ranked[0][0]} ({ranked[0][1]} of {len(records)})" if ranked else ""


def main() -> int:
    """Make, mark and show the demonstration class in ``demo/`` anew; return the exit code."""
    folder = COURSE / "demo"
    shutil.rmtree(folder, ignore_errors=True)  # what a former demonstration left
    print(f"Making the demonstration class in {folder} …", flush=True)
    make_course(folder)
    print("Marking it; some submissions loop until their time is over …", flush=True)
    mark_course(folder, figures=True)
    for unit in units(folder):
        print(f"\n{unit.name}\n\n{table(folder, unit.name)}")
    print(f"\nMarks: {folder / 'grades.csv'}\nFeedback pages: {folder / 'feedback'}")
    print(f"See the class in the formgrader: downhill lab {folder}, then Nbgrader → Formgrader")
    return 0
