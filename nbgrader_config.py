"""nbgrader's configuration: its own commands, with the course's release and marking plugged in."""

import warnings
from pathlib import Path

from sqlalchemy.exc import SAWarning

warnings.simplefilter("ignore", SAWarning)  # nbgrader's own, of no use to its user

c = get_config()  # noqa: F821

c.CourseDirectory.course_id = "downhill"
c.CourseDirectory.solution_directory = "solutions"
# for a class on one machine; elsewhere name a folder that all its members can write
c.Exchange.root = str(Path(__file__).resolve().parent / "exchange")

c.CourseDirectory.ignore = [
    ".ipynb_checkpoints",
    "*.pyc",
    "__pycache__",
    "exercises.py",  # references and mistakes: never for students
    "right_answers.py",
    "demo_class.py",
    "teaching.md",
    "mistakes.md",
    "checks.json",  # built anew with every release
    "marking.json",
]

c.ClearSolutions.code_stub = {"python": "raise NotImplementedError  # your code here"}
c.ClearSolutions.text_stub = "Write your answer here."

c.GenerateAssignment.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearSolutions",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.CheckCellMetadata",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.SaveCells",
    "nbgrader.preprocessors.ClearHiddenTests",
    "nbgrader.preprocessors.ClearMarkScheme",
    "nbgrader.preprocessors.ComputeChecksums",
    "nbgrader.preprocessors.CheckCellMetadata",
    "grading.nbgrader_plugins.WriteChecks",
    "grading.nbgrader_plugins.SealRelease",
]

c.GenerateSolution.preprocessors = [
    "nbgrader.preprocessors.IncludeHeaderFooter",
    "nbgrader.preprocessors.LockCells",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.ClearMarkScheme",
]

c.Autograde.sanitize_preprocessors = [
    "grading.nbgrader_plugins.Rebuild",
    "nbgrader.preprocessors.ClearOutput",
    "nbgrader.preprocessors.OverwriteCells",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.Autograde.autograde_preprocessors = [
    "grading.nbgrader_plugins.MarkQuestions",
    "nbgrader.preprocessors.SaveAutoGrades",
    "nbgrader.preprocessors.AssignLatePenalties",
    "nbgrader.preprocessors.CheckCellMetadata",
]

c.ExportApp.plugin_class = "grading.exports.CsvExporter"

# students' text runs nothing in an instructor's page
c.HTMLExporter.filters = {"markdown2html": "grading.pages.safe_markdown"}
