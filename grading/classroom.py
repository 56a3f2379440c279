"""The class command: mark all submissions of a unit, many at a time, and lose none."""

import contextlib
import json
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    wait,
)
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from grading.course import CourseError
from grading.intake import IntakeError, Submission, read_submission
from grading.isolation import end_with_parent
from grading.job import Bundle, address, content_hash, engine, mark, still_holds
from helpers.codec import Plain

RECORD = "marking.json"
AHEAD = 4  # submissions that wait for each worker, so that none is idle
BATCH = 500  # records that are written to the gradebook at once


@dataclass
class Marked:
    """What came of marking a class; every student has a record or a failure."""

    records: list[Plain] = field(default_factory=list)
    again: int = 0  # records that were there already and still hold
    changes: list[Any] = field(default_factory=list)

    @property
    def failures(self) -> list[Plain]:
        """The records of those that could not be marked."""
        return [record for record in self.records if "failure" in record]


@dataclass(frozen=True)
class Place:
    """Where a unit's submissions and marks are kept."""

    course: Path
    unit: str
    notebook: str

    def students(self, pattern: str = "*") -> list[str]:
        """Return the students who handed something in and whose name fits."""
        found = (self.course / "submitted").glob(f"*/{self.unit}")
        names = [path.parent.name for path in found if not path.parent.name.startswith(".")]
        return sorted(name for name in names if fnmatchcase(name, pattern))

    def submitted(self, student: str) -> Path:
        """Return the folder with what a student handed in."""
        return self.course / "submitted" / student / self.unit

    def marked(self, student: str) -> Path:
        """Return the folder with a student's marked notebook and record."""
        return self.course / "autograded" / student / self.unit

    def record(self, student: str) -> Plain | None:
        """Return the record of a student, None where there is none or a damaged one."""
        with contextlib.suppress(OSError, ValueError):
            folder = self.marked(student)
            record = json.loads((folder / RECORD).read_bytes())
            if "failure" in record or (folder / f"{self.notebook}.ipynb").exists():
                return record
        return None

    def records(self) -> Iterator[Plain]:
        """Yield the record of every student who handed something in."""
        for student in self.students():
            record = self.record(student)
            yield record or {"student": student, "unit": self.unit, "failure": "Not marked yet."}

    def keep(self, record: Plain, notebook: str) -> None:
        """
        Write a record and the marked notebook; a crash leaves a record only where all is written.

        Raises
        ------
        CourseError
            If the disk is full or may not be written.
        """
        folder = self.marked(record["student"])
        with writing(f"The mark of {record['student']}", folder):
            folder.parent.mkdir(exist_ok=True)  # its parents=True would try this folder twice
            folder.mkdir(exist_ok=True)
            if notebook:
                (folder / RECORD).unlink(missing_ok=True)
                write(folder / f"{self.notebook}.ipynb", notebook)
            if record.get("timestamp"):
                write(folder / "timestamp.txt", record["timestamp"])
            write(folder / RECORD, _lines(record))


@contextlib.contextmanager
def writing(what: str, place: Path) -> Iterator[None]:
    """
    Turn what goes wrong while files are written into a sentence.

    Parameters
    ----------
    what : str
        The first words of the sentence.
    place : pathlib.Path
        Where the files are written.

    Raises
    ------
    CourseError
        If the disk is full or may not be written.
    """
    try:
        yield
    except OSError as error:
        raise CourseError(
            f"{what} could not be written to {place}: {error.strerror}. "
            "Mend that and run the command again; it goes on from here."
        ) from None


def _lines(record: Plain) -> str:
    """Return a record as JSON with a line for each key; indenting all takes ten times as long."""
    encode = json.JSONEncoder(ensure_ascii=False).encode
    parts = (f"{encode(key)}: {encode(record[key])}" for key in record)
    return "{\n" + ",\n".join(parts) + "\n}\n"


def make_bundle(place: Place, figures: bool = False, sandbox: bool = True) -> Bundle:
    """
    Gather all that marking a unit needs.

    Parameters
    ----------
    place : Place
        The unit in its course folder.
    figures : bool
        Whether the figures of the notebooks are drawn.
    sandbox : bool
        Whether student code runs in the sandbox.

    Raises
    ------
    CourseError
        If there is no such unit.
    """
    source = place.course / "source" / place.unit
    path = source / f"{place.notebook}.ipynb"
    config = place.course / "nbgrader_config.py"
    # nbgrader takes seconds to make the released notebook: what was made once is kept
    known = content_hash([path.read_bytes(), config.read_bytes(), version("nbgrader")])
    kept = place.course / "autograded" / ".released" / f"{known}.json"
    if not kept.exists():
        from grading.release import course_config, released_notebook

        released = released_notebook(path, course_config(place.course))
        with writing("What the students received", kept.parent):
            kept.parent.mkdir(parents=True, exist_ok=True)
            write(kept, json.dumps(released, ensure_ascii=False))
    exercises = source / "exercises.py"
    checks = place.course / "release" / place.unit / "checks.json"
    return Bundle(
        unit=place.unit,
        notebook=place.notebook,
        exercises=exercises.read_bytes() if exercises.exists() else b"",
        released=kept.read_text(encoding="utf-8"),
        checks=checks.read_bytes() if checks.exists() else b"",
        figures=figures,
        sandbox=sandbox,
    )


def write(path: Path, text: str) -> None:
    """Write a file at once: whoever reads it sees the old content or the new one."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(text, encoding="utf-8")
    beside.replace(path)


@dataclass(frozen=True)
class Job:
    """A submission that waits to be marked, with an older record that may save some of the work."""

    submission: Submission
    before: Plain | None


Result = tuple[Plain, str]  # a record and the marked notebook, "" where nothing has to be written


def mark_class(
    place: Place,
    bundle: Bundle,
    students: list[str],
    workers: "Workers",
    save: Callable[[list[Plain]], list[Any]],
    progress: Callable[[Plain], None],
    force: bool = False,
) -> Marked:
    """
    Mark the submissions of a unit.

    Parameters
    ----------
    place : Place
        The unit in its course folder.
    bundle : Bundle
        All that marking needs.
    students : list of str
        Whose submissions.
    workers : Workers
        Who runs the jobs.
    save : callable
        Merges records into the gradebook and returns the scores that changed.
    progress : callable
        Is told each record when it is there.
    force : bool
        Whether to mark also what is marked already.

    Returns
    -------
    Marked
        A record for every student, in their order.
    """
    marked, saved = Marked(), 0
    done: dict[str, Plain] = {}
    for record, notebook in workers.run(bundle, _jobs(place, bundle, students, force)):
        if notebook or "failure" in record:
            place.keep(record, notebook)
        marked.again += not notebook and "failure" not in record
        done[record["student"]] = record
        progress(record)
        # in the order of the students, so that a gradebook does not tell who was marked first
        while len(marked.records) < len(students) and students[len(marked.records)] in done:
            marked.records.append(done.pop(students[len(marked.records)]))
        if len(marked.records) - saved >= BATCH:
            marked.changes += save(marked.records[saved:])
            saved = len(marked.records)
    marked.changes += save(marked.records[saved:])
    return marked


def _jobs(place: Place, bundle: Bundle, students: list[str], force: bool) -> Iterator[Job | Result]:
    """Yield for each student a job, or the record where there is nothing to do."""
    for student in students:
        try:
            submission = read_submission(place.submitted(student), f"{place.notebook}.ipynb")
        except IntakeError as error:
            yield {"student": student, "unit": place.unit, "failure": str(error)}, ""
            continue
        before = None if force else place.record(student)
        if before is not None and before.get("address") != address(bundle, submission):
            before = None
        if before is not None and still_holds(before, bundle):
            yield before, ""
        else:
            yield Job(submission, before)


@dataclass
class Workers:
    """
    Runs jobs at an executor of :mod:`concurrent.futures`.

    ``start`` makes the executor; it is called again when one broke. ``count`` is how many jobs it
    runs at once, ``end`` what is done when all is over.
    """

    start: Callable[[], Executor]
    count: int
    end: Callable[[], None] = lambda: None

    def run(self, bundle: Bundle, jobs: Iterator[Job | Result]) -> Iterator[Result]:
        """
        Yield a result for each job, in the order in which they end.

        A job that failed where others ran beside it is tried again alone, for nobody knows on
        which of them the worker died. When it fails again, it fails by name.
        """
        executor = self.start()
        running: dict[Future[Result], Job] = {}
        suspects: list[Job] = []
        try:
            while True:
                while not suspects and len(running) < self.count * AHEAD:
                    job = next(jobs, None)
                    if job is None:
                        break
                    if not isinstance(job, Job):
                        yield job
                        continue
                    try:
                        running[executor.submit(mark, bundle, job.submission, job.before)] = job
                    except BrokenExecutor:
                        suspects.append(job)
                if not running and not suspects:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done if running else ():
                    job = running.pop(future)
                    try:
                        yield future.result()
                    except Exception:
                        suspects.append(job)
                while suspects and not running:
                    executor.shutdown(wait=False)
                    executor = self.start()
                    yield _alone(executor, bundle, suspects.pop())
        finally:
            for future in running:
                future.cancel()
            executor.shutdown(wait=False)
            self.end()


def _alone(executor: Executor, bundle: Bundle, job: Job) -> Result:
    try:
        return executor.submit(mark, bundle, job.submission, job.before).result()
    except Exception as error:
        told = f"{type(error).__name__}: {error}".split("\n")[0][:300].rstrip(": ")
        why = f"Marking ended twice without a result ({told}). Mark this submission by hand."
        failure = {"student": job.submission.student, "unit": bundle.unit, "failure": why}
        return failure, ""


def local(count: int, bundle: Bundle) -> Workers:
    """
    Return workers that are processes of this machine.

    Parameters
    ----------
    count : int
        How many.
    bundle : Bundle
        What they will mark, so that they get ready for it.
    """
    context = multiprocessing.get_context("fork")
    ready = partial(_get_ready, bundle)
    return Workers(lambda: ProcessPoolExecutor(count, context, initializer=ready), count)


def _get_ready(bundle: Bundle) -> None:
    """Prepare a worker process: it ends with its parent, and its runner is warming up."""
    end_with_parent()
    engine(bundle.figures, bundle.sandbox)


def cluster(address: str) -> Workers:
    """
    Return the workers of a Dask cluster.

    Parameters
    ----------
    address : str
        Its scheduler, for example ``tcp://10.0.0.1:8786``; each worker has Downhill installed.

    Raises
    ------
    CourseError
        If Dask is not installed, or nobody answers there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise CourseError(
            "--cluster needs Dask: pip install -e '.[cluster]', here and on each worker."
        ) from None
    try:
        client = Client(address, timeout="10s")
    except (OSError, ValueError, TimeoutError) as error:
        raise CourseError(f"No Dask scheduler answers at {address}: {error}") from None
    count = max(1, sum(client.nthreads().values()))
    return Workers(lambda: client.get_executor(pure=False), count, client.close)
