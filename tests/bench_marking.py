"""
Measure the class command beside stock nbgrader, otter-grader and the least that is possible.

The peers mark the same notebooks of unit 1, in which each ``check`` is exchanged for a test with
plain asserts over as many hidden cases. Run it with ``make bench``; ``--full`` also has stock
nbgrader export 2,560 students, which takes a minute.

What one more submission costs is (time of a class − time of a class of one)/(difference), so the
start of a command is not in it. CPU is user and system time of all processes of a command, counted
by a control group: processes that the sandbox ends are in no parent's account.
"""

import contextlib
import io
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
import zipfile
from collections import defaultdict
from concurrent.futures import Executor, Future
from functools import cache
from pathlib import Path
from typing import Any

# one thread each, as the runner has it
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"

import nbformat
import numpy as np
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import text

from grading import class_command, cli
from grading.classroom import RECORD, Place, Workers
from grading.course import COURSE, environment, nbgrader
from grading.demo import load_class
from grading.exercise import load_exercises
from grading.exports import CsvExporter
from grading.gradebook import GradebookWriter
from grading.marker import hidden_calls
from grading.rebuild import grade_id, is_answer
from helpers.codec import Formula, decode

UNIT, NOTEBOOK = "1-line-fitting", "line-fitting.ipynb"
EXERCISES = COURSE / "source" / UNIT / "exercises.py"
# right and wrong work that stock nbgrader can mark too: no damaged files, nothing endless
WORKS = ("full-marks", "blank", "sum-for-mean", "gradient-sign", "arrays-only", "short-history")
# how many more than one each command marks; drawing takes seconds
ROUNDS, OURS, DRAWN, STOCK, OTTER = 2, 40, 4, 3, 1
CLASSES = (40, 400, 4_000)
EXPORTED, STOCK_EXPORTED = 2_560, 640

SAME = """
def same(got, expected):
    if isinstance(expected, tuple):
        assert len(got) == len(expected)
        for one, other in zip(got, expected):
            same(one, other)
    elif isinstance(expected, str):
        assert got == expected
    else:
        np.testing.assert_allclose(got, expected, rtol=1e-7, atol=1e-10)


inf, nan = np.inf, np.nan
"""
LOOP = """
for arguments, expected in CASES:
    same(NAME(*arguments), expected)
"""
TEST = f"### BEGIN HIDDEN TESTS{SAME}{LOOP}### END HIDDEN TESTS"
FLOOR = """
import gc, json, os, sys, tempfile
from grading.sandbox import ENVIRONMENT
os.environ["MPLBACKEND"] = ENVIRONMENT["MPLBACKEND"]
from grading.shell import Shell
with open(sys.argv[1]) as file:
    job = json.load(file)
shell = Shell.warm(job["figures"])
shell.run(job["before"])
gc.freeze()
for k in range(int(sys.argv[2])):
    child = os.fork()
    if child == 0:
        os.chdir(tempfile.mkdtemp())
        for source in job["notebooks"][k % len(job["notebooks"])]:
            shell.run(source)
        os._exit(0)
    os.waitpid(child, 0)
"""
OTTER_TEST = """
from otter.test_files import test_case
import numpy as np
OK_FORMAT = False
name, points = "NAME", POINTS

@test_case(points=None, hidden=True)
def test_hidden(NAME):
BODY
"""
OTTER_RUN = """
import sys
from otter.api import grade_submission
for path in sys.argv[2:]:
    grade_submission(path, sys.argv[1], quiet=True)
"""


class Meter:
    """Runs commands and counts the CPU time of all their processes."""

    def __init__(self) -> None:
        self.samples: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
        places = (("cpuacct", "cpuacct.usage"), (".", "cpu.stat"))
        for place, self._file in places:
            self._group = Path("/sys/fs/cgroup", place, f"downhill-{os.getpid()}")
            with contextlib.suppress(OSError):
                self._group.mkdir()
                return
        sys.exit("Counting CPU time needs a control group of its own. Run the benchmark as root.")

    def close(self) -> None:
        """Remove the control group."""
        self._group.rmdir()

    def _cpu(self) -> float:
        words = (self._group / self._file).read_text().split()
        return int(words[0]) / 1e9 if len(words) == 1 else int(words[1]) / 1e6

    def run(self, what: str, command: list[str], folder: Path, first: str = "") -> None:
        """Run a command; keep its CPU time, wall time, and when a first file ``first`` was there."""
        enter = ["sh", "-c", 'echo $$ > "$0/cgroup.procs"; exec "$@"', str(self._group)]
        env = environment() | {"PYTHONPATH": str(COURSE)}
        cpu, started, seen = self._cpu(), time.perf_counter(), 0.0
        with (folder / "bench.log").open("w") as log:
            process = subprocess.Popen(
                [*enter, *command], cwd=folder, env=env, stdout=log, stderr=log
            )
            while process.poll() is None:
                time.sleep(0.01)
                if first and not seen and any(folder.glob(first)):
                    seen = time.perf_counter() - started
        wall = time.perf_counter() - started
        if process.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{(folder / 'bench.log').read_text()[-2000:]}")
        while (self._group / "cgroup.procs").read_text():  # a runner that is about to end
            time.sleep(0.01)
        self.samples[what].append((self._cpu() - cpu, wall, seen))

    def more(self, what: str, count: int, one: str) -> tuple[float, float]:
        """Return the median CPU and wall time of one more submission."""
        pairs = list(zip(self.samples[what], self.samples[one], strict=True))
        cpu = statistics.median((a[0] - b[0]) / count for a, b in pairs)
        return cpu, statistics.median((a[1] - b[1]) / count for a, b in pairs)

    def median(self, what: str) -> list[float]:
        """Return the medians of CPU time, wall time and time of the first result."""
        return [statistics.median(values) for values in zip(*self.samples[what], strict=True)]


# The notebooks -----------------------------------------------------------------------------------


def literal(value: Any) -> str:
    """Return a value as an instructor would write it into a test."""
    if isinstance(value, Formula):
        return f"lambda {value.argument}: {value.text}"
    if isinstance(value, tuple):
        return f"({', '.join(map(literal, value))},)"
    if isinstance(value, np.ndarray):
        return f"np.array({value.tolist()!r})"
    return repr(value.item() if isinstance(value, np.generic) else value)


@cache
def cases(name: str) -> str:
    """Return the hidden cases of an exercise as an instructor would write them."""
    pairs = [
        (tuple(decode(plain) for _, plain in case["inputs"]), decode(case["expected"]))
        for case in hidden_calls(load_exercises(EXERCISES)[name]).cases
    ]
    return literal(tuple(pairs))


def plain_test(name: str) -> str:
    """Return the hidden cases of an exercise as plain asserts."""
    return TEST.replace("CASES", cases(name)).replace("NAME", name)


def works() -> dict[str, nbformat.NotebookNode]:
    """Return what the demonstration class handed in, by student."""
    released, solved = (
        nbformat.read(COURSE / kind / UNIT / NOTEBOOK, as_version=4)
        for kind in ("release", "solutions")
    )
    found = {s.student: s for s in load_class(EXERCISES.parent)}
    return {name: nbformat.reads(found[name].text(released, solved), 4) for name in WORKS}


def make_course(folder: Path, plain: bool) -> Path:
    """Make a course folder with the unit released; stock nbgrader's has plain tests."""
    source = folder / "source" / UNIT
    shutil.copytree(EXERCISES.parent, source, ignore=shutil.ignore_patterns("__pycache__"))
    if plain:
        notebook = nbformat.read(source / NOTEBOOK, as_version=4)
        for cell in notebook.cells:
            if cell.source.startswith("check("):
                cell.source = plain_test(grade_id(cell))
        nbformat.write(notebook, source / NOTEBOOK)
    else:
        shutil.copy(COURSE / "nbgrader_config.py", folder)
    nbgrader(folder, "generate_assignment", UNIT)
    shutil.copy(folder / "gradebook.db", folder / "released.db")
    return folder


def hand_in(folder: Path, count: int, work: dict[str, nbformat.NotebookNode]) -> None:
    """Hand in for so many students, each in the notebook that this course released."""
    texts = []
    for notebook in work.values():
        answers = {grade_id(cell): cell.source for cell in notebook.cells if grade_id(cell)}
        mine = nbformat.read(folder / "release" / UNIT / NOTEBOOK, as_version=4)
        for cell in mine.cells:
            if grade_id(cell) and is_answer(cell):
                cell.source = answers[grade_id(cell)]
        texts.append(nbformat.writes(mine))
    begin_again(folder)
    shutil.rmtree(folder / "submitted", ignore_errors=True)
    for number in range(count):
        place = folder / "submitted" / f"s{number:05}" / UNIT
        place.mkdir(parents=True)
        (place / NOTEBOOK).write_text(texts[number % len(texts)], encoding="utf-8")


def begin_again(folder: Path, cold: bool = False) -> None:
    """Take back all marks; what the class command keeps of the release stays unless cold."""
    for path in (folder / "autograded").glob("*"):
        if path.is_file():
            path.unlink()
        elif cold or path.name != ".released":
            shutil.rmtree(path)
    shutil.copy(folder / "released.db", folder / "gradebook.db")


def make_autograder(folder: Path) -> Path:
    """Make otter-grader's zip with the plain tests."""
    notebook = nbformat.read(EXERCISES.parent / NOTEBOOK, as_version=4)
    path = folder / "autograder.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("otter_config.json", json.dumps({"lang": "python"}))
        for cell in notebook.cells:
            if cell.source.startswith("check("):
                name, points = grade_id(cell), cell.metadata.nbgrader.points
                body = "\n".join(f"    {line}" for line in plain_test(name).splitlines())
                test = OTTER_TEST.replace("BODY", body).replace("POINTS", str(points))
                archive.writestr(f"tests/{name}.py", test.replace("NAME", name))
    return path


# What is measured --------------------------------------------------------------------------------


def mark_in_turns(meter: Meter, folder: Path, work: dict, otter: Path | None) -> None:
    """Let all mark in turns, so that a busy machine slows all of them alike."""
    ours, stock = make_course(folder / "ours", False), make_course(folder / "stock", True)
    hand_in(ours, 1 + OURS, work)
    hand_in(stock, 1 + STOCK, work)
    one, record = ["--student=s00000"], f"autograded/*/{UNIT}/{RECORD}"
    mark = [sys.executable, "-m", "grading.cli", "mark", UNIT, f"--course={ours}"]
    autograde = [sys.executable, "-m", "nbgrader", "autograde", UNIT]
    for _ in range(ROUNDS):
        for what, more, cold in (
            ("cold", one, True),
            ("one", [*one, "--workers=2"], False),
            ("two workers", ["--workers=2"], False),
            ("figures", ["--workers=2", "--figures", f"--student=s0000[0-{DRAWN}]"], False),
            ("one, one worker", [*one, "--workers=1"], False),
            ("one worker", ["--workers=1"], False),
        ):
            begin_again(ours, cold)
            meter.run(what, [*mark, *more], ours, record)
        for what, more in (("stock one", one), ("stock", [])):
            begin_again(stock)
            meter.run(what, [*autograde, *more], stock, f"autograded/*/{UNIT}/{NOTEBOOK}")
        floor(meter, folder, work, "floor")
        floor(meter, folder, work, "floor without calls", tests=False)
        floor(meter, folder, work, "floor with figures", figures=True)
        if otter:
            paths = sorted(map(str, stock.glob(f"submitted/*/{UNIT}/{NOTEBOOK}")))
            run = [str(otter), "-c", OTTER_RUN, str(folder / "autograder.zip")]
            meter.run("otter one", [*run, paths[0]], folder)
            meter.run("otter", [*run, *paths[: 1 + OTTER]], folder)
    compare(ours, stock)


def floor(
    meter: Meter, folder: Path, work: dict, what: str, tests: bool = True, figures: bool = False
) -> None:
    """
    Fork a warm process for each notebook and only execute the cells there.

    With ``tests`` each check calls its function and compares; the cases are in memory before, and
    no failure is shown.
    """
    checks = [
        (grade_id(cell), cell.source)
        for cell in work["blank"].cells
        if cell.source.startswith("check(")
    ]
    quiet = f"try:{textwrap.indent(LOOP, '    ')}except Exception:\n    pass"
    test = quiet.replace("CASES", "cases['NAME']") if tests else "pass"
    exchanged = {source: test.replace("NAME", name) for name, source in checks}
    known = ", ".join(f"{name!r}: {cases(name)}" for name, _ in checks)
    job = {
        "figures": figures,
        "before": f"import numpy as np\n{SAME}\ncases = {{{known}}}",
        "notebooks": [
            [exchanged.get(c.source, c.source) for c in notebook.cells if c.cell_type == "code"]
            for notebook in work.values()
        ],
    }
    path = folder / "floor.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    for name, count in ((f"{what} one", 1), (what, 1 + OURS)):
        meter.run(name, [sys.executable, "-c", FLOOR, str(path), str(count)], folder)


def compare(ours: Path, stock: Path) -> None:
    """Say how many questions both found right or both wrong, which tells that the tests agree."""
    same = total = 0
    with Gradebook(f"sqlite:///{stock / 'gradebook.db'}") as book:
        for path in ours.glob(f"autograded/*/{UNIT}/{RECORD}"):
            record = json.loads(path.read_text(encoding="utf-8"))
            with contextlib.suppress(MissingEntry):  # there are fewer in stock nbgrader's class
                marked = book.find_submission(UNIT, record["student"]).notebooks[0]
                for grade in marked.grades:
                    if grade.max_score and grade.name in record["questions"]:
                        full = record["questions"][grade.name]["score"] == grade.max_score
                        same += full == (grade.auto_score == grade.max_score)
                        total += 1
    print(f"stock nbgrader and the class command agree on {same} of {total} questions")


class Prepared(Executor):
    """Has every record ready, so that what is left of the class command is its bookkeeping."""

    def __init__(self, record: Any, notebook: str) -> None:
        self.record, self.notebook = record, notebook

    def submit(self, _: Any, bundle: Any, submission: Any, before: Any) -> Future:  # type: ignore[override]
        """Return the record under the student's name."""
        done: Future = Future()
        done.set_result(({**self.record, "student": submission.student}, self.notebook))
        return done


def bookkeeping(folder: Path, work: dict) -> dict[int, float]:
    """Return the CPU milliseconds that each submission costs beside its marking, by class size."""
    place = Place(folder, UNIT, Path(NOTEBOOK).stem)
    kept = place.marked("s00000")
    record, notebook = place.record("s00000"), (kept / NOTEBOOK).read_text(encoding="utf-8")
    class_command.local = lambda *_: Workers(lambda: Prepared(record, notebook), 2)
    seconds = {}
    for size in (1, 1, *CLASSES):  # the first time imports what is needed
        hand_in(folder, size, work)
        started = time.process_time()
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            cli.main(["mark", UNIT, f"--course={folder}"])
        seconds[size] = time.process_time() - started
    return {size: 1000 * (seconds[size] - seconds[1]) / (size - 1) for size in CLASSES}


def export(folder: Path, record: Any, size: int, exporter: type, indexed: bool) -> float:
    """Return the CPU seconds of exporting the marks of so many students."""
    path = folder / "export.db"
    shutil.copy(folder / "released.db", path)
    with GradebookWriter(f"sqlite:///{path}", UNIT, Path(NOTEBOOK).stem) as writer:
        writer.write({**record, "student": f"s{number:05}"} for number in range(size))
    with Gradebook(f"sqlite:///{path}") as book:
        if not indexed:
            names = "SELECT name FROM sqlite_master WHERE name LIKE 'downhill_%'"
            for name in book.db.scalars(text(names)).all():
                book.db.execute(text(f"DROP INDEX {name}"))
            book.db.commit()
        plugin = exporter()
        plugin.to = str(folder / "export.csv")
        started = time.process_time()
        plugin.export(book)
        return time.process_time() - started


# otter-grader ------------------------------------------------------------------------------------


def otter_python() -> Path | None:
    """Return the Python of an environment with otter-grader 7, made where there is none."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "downhill-bench" / "otter"
    python, done = folder / "bin" / "python", folder / "done"
    if not done.exists():
        print(f"Making an environment for otter-grader in {folder}: some minutes, once …")
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        needs = ["otter-grader==7.*", "ipykernel", "ipywidgets", "matplotlib", "numpy"]
        made = subprocess.run([str(python), "-m", "pip", "install", "--quiet", *needs], check=False)
        if made.returncode:
            print("otter-grader could not be installed, so it is not in the table.")
            return None
        done.touch()
    return python


# The table ---------------------------------------------------------------------------------------


def main() -> None:
    """Measure all and print one table."""
    otter = otter_python()
    meter = Meter()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder, work = Path(name), works()
            if otter:
                make_autograder(folder)
            mark_in_turns(meter, folder, work, otter)
            ours = folder / "ours"
            record = Place(ours, UNIT, Path(NOTEBOOK).stem).record("s00000")
            kept = bookkeeping(ours, work)
            size = EXPORTED if "--full" in sys.argv else STOCK_EXPORTED
            exported = export(ours, record, EXPORTED, CsvExporter, True)
            by_stock = export(ours, record, size, CsvExportPlugin, False)
    finally:
        meter.close()
    print(f"CPU s and wall s of one more submission, medians of {ROUNDS} rounds")
    show("what", "ours", "peer", "ratio", "goal", "met")
    tell_marking(meter, bool(otter))
    for classes, cost in kept.items():
        tell(f"bookkeeping of {classes:,}, CPU ms each", cost, goal="at most 2", met=cost <= 2)
    flat = max(kept.values()) / min(kept.values())
    tell("bookkeeping, largest / smallest", flat, goal="flat: at most 1.5", met=flat <= 1.5)
    what = f"export of {EXPORTED:,} / stock nbgrader of {size:,}, CPU s"
    tell(what, exported, by_stock, by_stock / exported, "ours below 1", exported < 1)


def tell_marking(meter: Meter, otter: bool) -> None:
    """Print the rows on marking."""
    cpu, wall = meter.more("two workers", OURS, "one")
    drawn = meter.more("figures", DRAWN, "one")
    alone = meter.more("one worker", OURS, "one, one worker")
    stock = meter.more("stock", STOCK, "stock one")
    tell("stock nbgrader, CPU", cpu, stock[0], stock[0] / cpu)
    tell(
        "stock nbgrader, wall, two workers",
        wall,
        stock[1],
        stock[1] / wall,
        "at least 20",
        stock[1] / wall >= 20,
    )
    tell("stock nbgrader, CPU, figures drawn", drawn[0], stock[0], stock[0] / drawn[0])
    tell("stock nbgrader, wall, figures drawn", drawn[1], stock[1], stock[1] / drawn[1])
    if otter:
        other = meter.more("otter", OTTER, "otter one")
        tell("otter-grader, CPU", cpu, other[0], other[0] / cpu)
        tell("otter-grader, wall, two workers", wall, other[1], other[1] / wall)
    for what, mine, goal in (
        ("floor", alone, "at most 2"),
        ("floor without calls", alone, ""),
        ("floor with figures", drawn, ""),
    ):
        least = meter.more(what, OURS, f"{what} one")[0]
        met = mine[0] / least <= 2 if goal else None
        tell(f"{what}, CPU, one worker", mine[0], least, mine[0] / least, goal, met)
    tell("one worker / two workers, wall", wall, alone[1], alone[1] / wall)
    for what, name in (("one", "warm"), ("cold", "cold")):
        first, other = meter.median(what)[2], meter.median("stock one")[2]
        tell(
            f"first result, {name}, wall s", first, other, other / first, "about 1.5", first <= 1.75
        )


def tell(
    what: str,
    ours: float,
    peer: float | None = None,
    ratio: float | None = None,
    goal: str = "",
    met: bool | None = None,
) -> None:
    """Print a row of numbers."""
    numbers = ["" if value is None else f"{value:.3g}" for value in (ours, peer, ratio)]
    show(what, *numbers, goal, {None: "", True: "yes", False: "no"}[met])


def show(what: str, ours: str, peer: str, ratio: str, goal: str, met: str) -> None:
    """Print a row."""
    print(f"{what:48} {ours:>8} {peer:>8} {ratio:>6}  {goal:18} {met}".rstrip())


if __name__ == "__main__":
    main()
