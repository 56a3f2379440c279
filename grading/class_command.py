"""What ``downhill mark`` does: mark units, fill the gradebook, write the class report."""

import argparse
import sys
from pathlib import Path
from typing import Any

from tqdm import tqdm

from grading.classroom import Marked, Place, cluster, local, make_bundle, mark_class, write, writing
from grading.collect import notebook_name
from grading.course import CourseError
from grading.job import Bundle
from grading.sandbox import why_not
from helpers.codec import Plain


def mark_units(options: argparse.Namespace) -> int:
    """
    Mark units and return the exit code.

    Parameters
    ----------
    options : argparse.Namespace
        The options of ``downhill mark``.

    Raises
    ------
    CourseError
        If nothing can be marked; the text says why and what to do.
    """
    if not options.no_sandbox and not options.cluster and why_not():
        raise CourseError(why_not())
    failures = 0
    for unit in options.units:
        name = Path(notebook_name(options.course, unit)).stem
        place = Place(options.course, unit, name)
        bundle = make_bundle(place, options.figures, sandbox=not options.no_sandbox)
        failures += len(_mark_unit(place, bundle, options).failures)
    return 1 if failures else 0


def _mark_unit(place: Place, bundle: Bundle, options: argparse.Namespace) -> Marked:
    students = place.students(options.student)
    if not students:
        raise CourseError(
            f"Nothing is handed in for {place.unit}: submitted/{options.student}/{place.unit} does "
            "not exist. `downhill collect` puts notebooks there."
        )
    workers = cluster(options.cluster) if options.cluster else local(options.workers, bundle)
    with Class(place, len(students)) as shown:
        marked = mark_class(place, bundle, students, workers, shown.save, shown.tell, options.force)
    everybody = marked.records if students == place.students() else list(place.records())
    _report(place, everybody, options.anonymous)
    print("\n".join(summary(place, marked)))
    return marked


class Class:
    """The progress bar of a unit, and its gradebook, opened when the first results are there."""

    def __init__(self, place: Place, students: int) -> None:
        self.place = place
        self.bar = tqdm(total=students, desc=place.unit, unit="notebook", file=sys.stderr)
        self._book: Any = None

    def __enter__(self) -> "Class":
        return self

    def __exit__(self, *_: object) -> None:
        self.bar.close()
        if self._book:
            self._book.__exit__(None, None, None)

    def tell(self, record: Plain) -> None:
        """Show that a record is there, and a failure by its reason."""
        if "failure" in record:
            self.bar.write(f"{record['student']}: not marked. {record['failure']}", sys.stderr)
        self.bar.update()
        self._open()  # soon after the first result, so that a bad gradebook is known early

    def save(self, records: list[Plain]) -> list[Any]:
        """Merge records into the gradebook; return the scores that changed."""
        self._open()
        return self._book.write(records)

    def _open(self) -> None:
        if self._book:
            return
        from grading.gradebook import GradebookWriter
        from grading.release import course_config, gradebook_url

        config = course_config(self.place.course)
        url = gradebook_url(self.place.course)
        book = GradebookWriter(url, self.place.unit, self.place.notebook, config)
        self._book = book.__enter__()


def summary(place: Place, marked: Marked) -> list[str]:
    """
    Return what to tell the instructor when a unit is marked.

    Parameters
    ----------
    place : Place
        The unit.
    marked : Marked
        What came of it.
    """
    handed_in, failed = len(marked.records), len(marked.failures)
    before = f" ({marked.again} of them before, nothing changed since)" if marked.again else ""
    lines = [
        f"{place.unit}: {handed_in} handed in, {handed_in - failed} marked{before}, {failed} not."
    ]
    lines += [
        f"  not marked: {record['student']}: {record['failure']}" for record in marked.failures
    ]
    if marked.changes:
        lines += [f"{len(marked.changes)} marks are others than before:"]
        lines += [f"  {change}" for change in marked.changes]
    return [*lines, f"Class report: {_report_path(place, '.html')}"]


def _report_path(place: Place, ending: str) -> Path:
    return place.course / "autograded" / f"{place.unit}{ending}"


def _report(place: Place, records: list[Plain], anonymous: bool) -> None:
    """Write the class report, over the whole class also where only some were marked now."""
    from grading.report import class_report

    report = class_report(records, anonymous)
    with writing("The class report", _report_path(place, ".html")):
        write(_report_path(place, ".html"), report.html)
        write(_report_path(place, "-questions.csv"), report.questions_csv)
        write(_report_path(place, "-submissions.csv"), report.submissions_csv)
