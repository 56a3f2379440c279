"""The command ``downhill``: what the make targets do, for those without make."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from grading.course import COURSE, CourseError, environment


def main(arguments: list[str] | None = None) -> int:
    """Run one subcommand and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        return options.run(options)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. What was finished is kept.", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("downhill", description="The Downhill course.")
    commands = parser.add_subparsers(required=True, metavar="command")

    lab = commands.add_parser("lab", help="open JupyterLab on the start page")
    lab.add_argument(
        "folder", nargs="?", type=Path, default=COURSE, help="another course folder, such as demo"
    )
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.add_argument("--port", default="8888")
    lab.set_defaults(run=_lab)

    release = commands.add_parser("release", help="make release/ and solutions/ from source/")
    release.add_argument("--force", action="store_true", help="also over what somebody typed")
    release.set_defaults(run=_release)

    collect = commands.add_parser("collect", help="put handed-in notebooks into submitted/")
    collect.add_argument("unit", help="for example 1-line-fitting")
    collect.add_argument("source", type=Path, help="a folder, or a zip from Canvas or Moodle")
    collect.set_defaults(run=_collect)

    mark = commands.add_parser("mark", help="mark a class: all submissions of a unit")
    mark.add_argument("units", nargs="+", metavar="unit", help="for example 1-line-fitting")
    mark.add_argument("--student", default="*", help="only these; * stands for any text")
    mark.add_argument("--force", action="store_true", help="also what is marked already")
    mark.add_argument("--figures", action="store_true", help="draw figures, to be looked at")
    mark.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="jobs at once")
    mark.add_argument("--cluster", metavar="ADDRESS", help="run the jobs on a Dask cluster")
    mark.add_argument(
        "--no-sandbox",
        action="store_true",
        help="let student code do all that you may; only on a machine with nothing worth stealing",
    )
    mark.add_argument(
        "--anonymous", action="store_true", help="no student's id in the class report"
    )
    mark.set_defaults(run=_mark)
    for command in (collect, mark):
        command.add_argument("--course", type=Path, default=COURSE, help="the course folder")

    demo = commands.add_parser("demo", help="make and mark the demonstration class anew in demo/")
    demo.set_defaults(run=_demo)

    test = commands.add_parser("test", help="lint, check types, run all tests")
    test.add_argument("pytest", nargs=argparse.REMAINDER, help="arguments for pytest")
    test.set_defaults(run=_test)

    lock = commands.add_parser("lock", help="choose new exact versions from pyproject.toml")
    lock.set_defaults(run=_lock)
    return parser


def _lab(options: argparse.Namespace) -> int:
    from grading.release import release_all

    folder = options.folder.resolve()
    if folder == COURSE:
        release_all(COURSE, only_missing=True)
    elif not (folder / "nbgrader_config.py").exists():
        raise CourseError(f"{folder} is no course folder; `downhill demo` makes one to look at.")
    start = "/lab/tree/course/0-start-here.ipynb" if folder == COURSE else "/lab"
    settings = str(COURSE / "grading" / "jupyter")
    path = os.pathsep.join(filter(None, [settings, os.environ.get("JUPYTER_CONFIG_PATH")]))
    command = [
        *(sys.executable, "-m", "jupyter", "lab"),
        *(
            f"--port={options.port}",
            f"--ServerApp.root_dir={folder}",
            f"--LabApp.default_url={start}",
        ),
        *(["--no-browser"] if options.no_browser else []),
        # in a container the only user is root, and Jupyter would refuse to start
        *(["--allow-root"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []),
    ]
    return subprocess.call(command, cwd=folder, env={**environment(), "JUPYTER_CONFIG_PATH": path})


def _release(options: argparse.Namespace) -> int:
    from grading.release import release_all

    for made in release_all(COURSE, force=options.force):
        print(f"made {made.relative_to(COURSE)}")
    return 0


def _collect(options: argparse.Namespace) -> int:
    from grading.collect import collect, notebook_name
    from grading.gradebook import GradebookWriter
    from grading.parse import IntakeError
    from grading.release import gradebook_url

    try:
        collected = collect(options.source, options.course, options.unit)
    except IntakeError as error:
        raise CourseError(str(error)) from None
    print("\n".join(collected.lines()))
    name = Path(notebook_name(options.course, options.unit)).stem
    with GradebookWriter(gradebook_url(options.course), options.unit, name) as book:
        book.enter(collected.students)
    return 1 if collected.failures else 0


def _mark(options: argparse.Namespace) -> int:
    # jsonschema would spend seconds on a check of addresses that notebooks never need
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
    from grading.class_command import mark_units

    return mark_units(options)


def _demo(_: argparse.Namespace) -> int:
    from grading.demo import main as demo

    return demo()


def _test(options: argparse.Namespace) -> int:
    steps = [
        ["ruff", "check"],
        ["ruff", "format", "--check"],
        ["mypy"],
        ["pytest", "--numprocesses=auto", *options.pytest],
    ]
    for step in steps:
        code = subprocess.call([sys.executable, "-m", *step], cwd=COURSE, env=environment())
        if code:
            print(f"downhill test: {' '.join(step)} failed.", file=sys.stderr)
            return code
    return 0


def _lock(_: argparse.Namespace) -> int:
    compile_ = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--upgrade"),
        *("--python-version", "3.11", "--generate-hashes", "--no-header", "--no-annotate"),
        "pyproject.toml",
    ]
    learn = ["--output-file", "requirements.txt"]
    develop = ["--extra", "dev", "--constraint", "requirements.txt"]
    develop += ["--output-file", "tests/requirements.txt"]
    for arguments in (learn, develop):
        code = subprocess.call([*compile_, *arguments], cwd=COURSE, env=environment())
        if code:
            return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
