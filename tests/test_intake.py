"""The fault corpus: what can be wrong with a file, a folder, a cell or a class's download."""

import contextlib
import copy
import errno
import json
import os
import random
import stat
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbgrader.apps.zipcollectapp import ZipCollectApp
from nbgrader.coursedir import CourseDirectory

from grading.collect import Student, collect
from grading.course import COURSE, CourseError
from grading.intake import IntakeError, read_submission
from grading.parse import parse
from grading.rebuild import ELSEWHERE, grade_id, is_answer, rebuild
from grading.untrusted import Folder
from grading.zip_collect import CanvasCollector, MoodleCollector

UNIT, NAME = "1-line-fitting", "line-fitting.ipynb"


def notebook_of(step):
    return nbformat.read(COURSE / step / UNIT / NAME, as_version=4)


def solved():
    """Return the model solution as a student's file, with a word outside ASCII in an answer."""
    notebook, _ = rebuild(notebook_of("solutions"), RELEASED)
    cell_of(notebook, "mse-answer").source += "\n# passé"
    return notebook


def cell_of(notebook, name):
    return next(cell for cell in notebook.cells if grade_id(cell) == name)


def answers(notebook):
    return {grade_id(c): c.source for c in notebook.cells if grade_id(c) and is_answer(c)}


RELEASED = notebook_of("release")
SOLVED = solved()
WRITTEN = next(c.source for c in SOLVED.cells if grade_id(c) == "explain")


# Each fault writes a submission's folder; SOLVED is what its student meant.


def text(change):
    """Return a fault of the file's text."""
    return lambda folder: (folder / NAME).write_bytes(
        change(json.dumps(SOLVED, ensure_ascii=False, indent=1))
    )


def content(data):
    return text(lambda _: data)


def document(change):
    """Return a fault of the notebook's structure; ``change`` edits it or returns another one."""

    def make(folder):
        notebook = json.loads(json.dumps(SOLVED))
        changed = change(notebook)
        (folder / NAME).write_text(json.dumps(notebook if changed is None else changed))

    return make


def each_cell(change):
    return document(lambda notebook: [change(cell) for cell in notebook["cells"]] and None)


def one_cell(name, change):
    """Return a fault of one cell: ``change`` gets the list of cells and its place in it."""

    def edit(notebook):
        names = [c["metadata"].get("nbgrader", {}).get("grade_id") for c in notebook["cells"]]
        change(notebook["cells"], names.index(name))

    return document(edit)


def named(*names):
    """Return a fault of file names: the solution has the last one, an early try the others."""

    def make(folder):
        for name in names:
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(nbformat.writes(SOLVED if name == names[-1] else RELEASED))

    return make


def beside(make_other):
    """Return a fault beside a good notebook."""

    def make(folder):
        named(NAME)(folder)
        make_other(folder)

    return make


def to_format_3(notebook):
    cells = [
        {"cell_type": c["cell_type"], "metadata": c["metadata"], "input": c["source"]}
        if c["cell_type"] == "code"
        else {"cell_type": c["cell_type"], "metadata": c["metadata"], "source": c["source"]}
        for c in notebook["cells"]
    ]
    cells.append({"cell_type": "heading", "level": 2, "source": ["End"], "metadata": {}})
    return {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": cells}]}


def deep(levels):
    return f'{{"cells": {"[" * levels}{"]" * levels}}}'.encode()


def set_in(**fields):
    return lambda mapping: mapping.update(fields)


def drop(*keys):
    return lambda mapping: [mapping.pop(key, None) for key in keys] and None


def split(cells, k, bare):
    """Split an answer in the middle of its function, as JupyterLab or VS Code (bare) do."""
    lines = cells[k]["source"].split("\n")
    at = next(j for j, line in enumerate(lines) if j and line.startswith("    ")) + 1
    rest = {**copy.deepcopy(cells[k]), "id": "other", "source": "\n".join(lines[at:])}
    cells[k]["source"] = "\n".join(lines[:at])
    if bare:
        rest["metadata"] = {}
    cells.insert(k + 1, rest)


def merge(first, count):
    """Merge cells from one on into it, as JupyterLab does."""

    def change(cells, k):
        k += first
        cells[k]["source"] = "\n\n".join(c["source"] for c in cells[k : k + count])
        del cells[k + 1 : k + count]

    return change


def doubled_id(cells, k):
    cells.insert(k + 1, {**cells[k], "metadata": {}, "source": "mse([1], [1], 0, 0)"})


def doubled_id_of_text(cells, k):
    cells.insert(k + 1, {**cells[k], "metadata": {}, "source": "My own notes."})


def try_after(cells, k):
    """Put a copy of an answer with a half-done change behind it."""
    cells.insert(k + 1, {**copy.deepcopy(cells[k]), "id": "copy", "source": "def mse(:"})


def to_comment(cells, k):
    cells.append({**cells[k], "id": "own", "metadata": {}})
    cells[k] = {**cells[k], "source": "# see the end"}


def bare_markdown(cells, k):
    cells[k] |= {"cell_type": "markdown", "metadata": {}, "id": "other"}


def for_all(**fields):
    return each_cell(set_in(**fields))


REPAIRED = {
    # the file
    "byte order mark": (text(lambda t: t.encode("utf-8-sig")), "byte order mark"),
    "utf-16": (text(lambda t: t.encode("utf-16")), "byte order mark (UTF-16"),
    "utf-16 without its mark": (text(lambda t: t.encode("utf-16-be")), "UTF-16-BE"),
    "latin-1": (text(lambda t: t.encode("cp1252", "backslashreplace")), "Latin-1"),
    "one byte broken": (
        text(
            lambda t: (
                t.replace("# Unit 1", "# Unit \ue000").encode().replace(b"\xee\x80\x80", b"\xff")
            )
        ),
        "could not be read",
    ),
    "zero bytes inside": (text(lambda t: t.replace("\n", "\n\0", 5).encode()), "zero bytes"),
    "zero bytes at the end": (text(lambda t: t.encode() + bytes(900)), ""),
    "rubbish after the end": (text(lambda t: t.encode() + b"]}\n"), "after the notebook's end"),
    "tabs inside texts": (text(lambda t: t.replace("# Unit 1", "#\tUnit 1").encode()), "tabs"),
    "half a surrogate pair": (
        text(lambda t: t.replace("# Unit 1", "# \\ud800 Unit 1").encode()),
        "half characters",
    ),
    "zero character in a text": (
        text(lambda t: t.replace("# Unit 1", "# \\u0000 Unit 1").encode()),
        "zero characters",
    ),
    "gigantic integer": (document(set_in(nbformat_minor=5, x=[10**4000])), ""),
    "gigantic version": (document(set_in(nbformat_minor=10**400)), "read as format 4.5"),
    # the format
    "format 3": (document(to_format_3), "format 3"),
    "format 5 in the shape of 4": (document(set_in(nbformat=5)), "says format 5"),
    "future minor version": (document(set_in(nbformat_minor=99)), "format 4.99"),
    "no format": (document(drop("nbformat", "nbformat_minor", "metadata")), "does not say"),
    "version of another kind": (document(set_in(nbformat=[4])), "of no number"),
    "metadata is a list": (document(set_in(metadata=[])), ""),
    "another language": (
        document(set_in(metadata={"kernelspec": {"name": "ir", "language": "R"}})),
        "language is 'R'",
    ),
    "saved by colab": (
        each_cell(lambda c: c.pop("id") and c["metadata"].update(id="x", outputId="y")),
        "",
    ),
    "saved by vs code": (each_cell(lambda c: c["metadata"].update(vscode={"languageId": "r"})), ""),
    # the cells' fields
    "no cell ids": (each_cell(drop("id")), ""),
    "ids of another kind": (for_all(id=["x"]), ""),
    "all ids the same": (for_all(id="same"), ""),
    "no cell metadata": (each_cell(drop("metadata")), "no metadata"),
    "cell metadata is a list": (for_all(metadata=[1]), "no metadata"),
    "neither ids nor metadata": (each_cell(drop("metadata", "id")), "no metadata"),
    "sources as lists": (each_cell(lambda c: c.update(source=c["source"].splitlines(True))), ""),
    "windows line ends": (
        each_cell(lambda c: c.update(source=c["source"].replace("\n", "\r\n"))),
        "",
    ),
    "no source": (
        document(lambda n: n["cells"].append({"cell_type": "code", "metadata": {}})),
        "no text",
    ),
    "numbers in a source": (
        one_cell("mse-answer", lambda c, k: c[k].update(source=[c[k]["source"], 7, None])),
        "something else in its text",
    ),
    "items that are no cells": (
        document(lambda n: n["cells"].extend([3, None, []])),
        "no cell at all",
    ),
    "unknown kinds": (for_all(cell_type="quiz"), "unknown kind"),
    "hostile outputs": (for_all(outputs=[{"output_type": []}, 3], attachments=7), ""),
    # cells
    "locked cell deleted": (one_cell("mse", lambda c, k: c.pop(k)), "mse was missing"),
    "answer doubled": (one_cell("mse-answer", lambda c, k: c.insert(k, c[k])), "more than once"),
    "answer doubled, last copy broken": (one_cell("mse-answer", try_after), "more than once"),
    "id doubled by a trial cell": (one_cell("mse-answer", doubled_id), ""),
    "id doubled by a text cell": (one_cell("explain", doubled_id_of_text), ""),
    "answer split": (
        one_cell("mse-answer", lambda c, k: split(c, k, bare=False)),
        "had been split",
    ),
    "answer split, bare": (
        one_cell("mse-answer", lambda c, k: split(c, k, bare=True)),
        "had been split",
    ),
    "answer merged with its check": (one_cell("mse-answer", merge(0, 2)), "mse was missing"),
    "task merged with its answer": (one_cell("mse-answer", merge(-1, 2)), "taken apart"),
    "task, answer and check merged": (one_cell("mse-answer", merge(-1, 3)), "taken apart"),
    "answer retyped": (one_cell("mse-answer", lambda c, k: c[k].update(cell_type="raw")), "raw"),
    "answer retyped and bare": (one_cell("mse-answer", bare_markdown), "last other cell"),
    "answer moved to the end": (one_cell("mse-answer", lambda c, k: c.append(c.pop(k))), ""),
    "answer in a cell of its own": (one_cell("mse-answer", to_comment), "last other cell"),
    "all cells reversed": (document(lambda n: n["cells"].reverse()), ""),
    "locked cell edited": (one_cell("mse", lambda c, k: c[k].update(source="1")), "edited"),
    # file names
    "other case and dashes": (named("Line_Fitting.IPYNB"), "handed in as Line_Fitting"),
    "browser's second download": (named(NAME, "line-fitting (1).ipynb"), "(1).ipynb counts"),
    "canvas's third upload": (
        named("line-fitting-1.ipynb", "line-fitting-2.ipynb"),
        "-2.ipynb counts",
    ),
    "windows's copy": (named("line-fitting - Copy.ipynb"), "handed in as"),
    "colab's copy": (named("other.ipynb", "Copy of line-fitting.ipynb"), "Copy of line-fitting"),
    "a back-up beside it": (named("line-fitting-Copy1.ipynb", NAME), f"{NAME} counts"),
    "another spelling beside it": (named("Line Fitting.ipynb", NAME), f"{NAME} counts"),
    "saved as text": (named("line-fitting.ipynb.txt"), "ipynb.txt"),
    "other name": (named("ada.ipynb"), "handed in as ada.ipynb"),
    "in a folder of its own": (named("work/line-fitting.ipynb"), "work/line-fitting.ipynb"),
    "checkpoints": (named(".ipynb_checkpoints/line-fitting.ipynb", NAME), ""),
    # what lies beside it
    "a link beside it": (
        beside(lambda f: (f / "x.csv").symlink_to("/etc/passwd")),
        "x.csv is a link",
    ),
    "a linked folder beside it": (
        beside(lambda f: (f / "data").symlink_to("/etc")),
        "data is a link",
    ),
    "a pipe beside it": (beside(lambda f: os.mkfifo(f / "x.csv")), "x.csv is no regular file"),
    "a huge file beside it": (
        beside(lambda f: (f / "x.csv").open("wb").truncate(2**33)),
        "x.csv has 8192.0 MB",
    ),
    "too many files beside it": (
        beside(lambda f: [(f / f"{k}.csv").touch() for k in range(201)]),
        "Only the first 200",
    ),
    "a file name that is no text": (
        beside(lambda f: (f / os.fsdecode(b"\xff.csv")).touch()),
        "characters in its name",
    ),
    "bad time": (
        beside(lambda f: (f / "timestamp.txt").write_text("soon")),
        "timestamp.txt says 'soon'",
    ),
}
REFUSED = {
    # the file
    "empty": (content(b""), "is empty"),
    "only zero bytes": (content(bytes(5000)), "only zero bytes"),
    "truncated": (text(lambda t: t[: len(t) // 2].encode()), "cut off"),
    "truncated in UTF-16": (text(lambda t: t.encode("utf-16")[:9001]), "cut off"),
    "merge conflict": (
        text(lambda t: t.replace(" ],", "<<<<<<< HEAD\n ],\n=======\n>>>>>>> b", 1).encode()),
        "merge conflict at line",
    ),
    "a comma lost": (text(lambda t: t.replace('",\n', '"\n', 1).encode()), "damaged at line"),
    "two notebooks in one": (text(lambda t: (t + t).encode()), "two notebooks"),
    "a web page": (content(b"\n<!DOCTYPE html><html>"), "a web page"),
    "a zip": (content(b"PK\x03\x04" + bytes(99)), "a zip archive"),
    "a script": (content(b"import numpy as np\n\nx = 1\n"), "a Python script"),
    "an essay": (content("Liebe Prüfer, anbei".encode()), "is text"),
    "a pointer": (content(b"version https://git-lfs.github.com/spec/v1\n"), "git LFS"),
    "null": (content(b"null"), "null"),
    "a list": (content(b"[]"), "a list"),
    "very deep": (content(deep(100_000)), "nested too deeply"),
    # the notebook
    "format 6": (content(b'{"nbformat": 6, "content": {}}'), "format 6"),
    "no cells at all": (document(set_in(cells=[])), "has no cells"),
    "cells of another kind": (document(set_in(cells={"a": 1})), "no list of cells"),
    "nothing that is a cell": (document(set_in(cells=[1, 2])), "None of what stands"),
    "thousands of cells": (document(lambda n: n["cells"].extend([{}] * 2000)), "2040 cells"),
    "huge source": (
        one_cell("mse-answer", lambda c, k: c[k].update(source="#" * 2**21)),
        "MB of text",
    ),
    # the folder
    "nothing": (lambda folder: None, "Nothing was handed in"),
    "a script only": (
        lambda f: (f / "line-fitting.py").touch(),
        "What was handed in: line-fitting.py",
    ),
    "an archive only": (lambda f: (f / "work.zip").touch(), "unpack it first"),
    "two of other names": (named("a.ipynb", "b.ipynb"), "several notebooks"),
    "two spellings": (named("Line Fitting.ipynb", "line_fitting.ipynb"), "several notebooks"),
    "huge file": (lambda f: (f / NAME).open("wb").truncate(2**33), "8192.0 MB"),
    "a link": (lambda f: (f / NAME).symlink_to(COURSE / "solutions" / UNIT / NAME), "is a link"),
    "a link to itself": (lambda f: (f / NAME).symlink_to(f / NAME), "is a link"),
    "a pipe": (lambda f: os.mkfifo(f / NAME), "a pipe"),
    "a folder of that name": (lambda f: (f / NAME).mkdir(), "Nothing was handed in"),
}


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "submitted" / "ada" / UNIT
    path.mkdir(parents=True)
    return path


@pytest.mark.parametrize(("make", "words"), REPAIRED.values(), ids=REPAIRED)
def test_a_fault_is_repaired_and_named(make, words, folder):
    make(folder)
    submission = read_submission(folder, NAME)
    notebook, repairs = parse(submission.notebook)
    rebuilt, restored = rebuild(notebook, RELEASED)
    found, meant = answers(rebuilt), answers(SOLVED)
    assert {n: t.strip() for n, t in found.items() if n != "explain"} == {
        n: t.strip() for n, t in meant.items() if n != "explain"
    }
    assert found["explain"] in (WRITTEN, ELSEWHERE)
    assert WRITTEN in [cell.source for cell in rebuilt.cells]  # in its place, or for a person
    assert any(words in note for note in [*submission.notes, *repairs, *restored]) or not words
    json.dumps([submission.notes, repairs, restored]).encode()
    nbformat.validate(rebuilt)


@pytest.mark.parametrize(("make", "words"), REFUSED.values(), ids=REFUSED)
def test_a_fault_is_refused_with_its_reason(make, words, folder):
    make(folder)
    with pytest.raises(IntakeError) as caught:
        parse(read_submission(folder, NAME).notebook)
    assert words in str(caught.value)


@pytest.mark.parametrize("linked", ["ada", f"ada/{UNIT}"])
def test_a_linked_folder_is_not_read(linked, tmp_path):
    elsewhere = tmp_path / "elsewhere" / UNIT
    elsewhere.mkdir(parents=True)
    named(NAME)(elsewhere)
    link = tmp_path / "submitted" / linked
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere if linked.endswith(UNIT) else elsewhere.parent)
    with pytest.raises(IntakeError, match="link"):
        read_submission(tmp_path / "submitted" / "ada" / UNIT, NAME)


def test_a_folder_that_changes_into_a_link_is_not_followed(folder, tmp_path):
    (folder / "data").mkdir()
    (tmp_path / "secret.csv").write_text("secret")
    with Folder(folder) as tree:
        (folder / "data").rmdir()
        (folder / "data").symlink_to(tmp_path)
        with pytest.raises(IntakeError, match="is a link"):
            tree.read("data/secret.csv", 100)


def test_a_file_that_may_not_be_read_is_named(folder, monkeypatch):
    named(NAME)(folder)
    real = os.open

    def denied(path, *arguments, **options):
        if path == NAME:
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *arguments, **options)

    monkeypatch.setattr(os, "open", denied)  # the tests may run as root, who may read everything
    with pytest.raises(IntakeError, match=f"{NAME} may not be read"):
        read_submission(folder, NAME)


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-03-01 10:00:00.5 UTC", "2026-03-01 10:00:00.500000"),
        ("2026-03-01 10:00:00 +0130\n", "2026-03-01 08:30:00"),
        ("2026-07-01 10:00:00 Europe/Berlin", "2026-07-01 08:00:00"),
        ("2026-03-01 10:00:00", "2026-03-01 10:00:00"),
        ("2026-02-30 10:00:00 UTC", None),
        ("2026-03-01 10:00:00 ../../etc/passwd", None),
        ("0001-01-01 00:00:00 +1400", None),
    ],
)
def test_the_time_of_submission_is_utc(written, utc, folder):
    named(NAME)(folder)
    (folder / "timestamp.txt").write_text(written)
    (folder / "points.csv").write_text("1,2\n")
    submission = read_submission(folder, NAME)
    assert (submission.student, submission.files) == ("ada", {"points.csv": b"1,2\n"})
    assert submission.timestamp == utc
    assert bool(submission.notes) == (utc is None)


def test_no_bytes_are_too_odd_for_parse():
    rng = random.Random(5)
    whole = json.dumps(SOLVED).encode()
    pieces = [
        b"null",
        b"[]",
        b"{}",
        b'"',
        b"\0",
        b"\xff",
        b"\\ud800",
        b"9" * 5000,
        b"[[",
        b"-1e999",
    ]
    pieces += [
        b'"worksheets": [3, {"cells": [{}]}], "cells": 1, "x"',
        b'"cell_type": 3, "y"',
        b"true",
    ]
    for _ in range(150):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 5)):
            at = rng.randrange(len(data))
            data[at : at + rng.choice([0, 1, 9, 4000])] = rng.choice(pieces)
        with contextlib.suppress(IntakeError):
            parse(bytes(data))


def test_no_structure_is_too_odd_for_parse_and_rebuild():
    rng = random.Random(7)
    odd = [
        None,
        [],
        {},
        "",
        "x",
        "\ud800",
        "\0",
        -1,
        5.5,
        True,
        10**30,
        ["a", 1],
        {"a": [{}]},
        [[]],
    ]
    for _ in range(60):
        notebook = json.loads(json.dumps(SOLVED))
        for _ in range(rng.randint(1, 40)):
            cell = rng.choice(notebook["cells"])
            target = rng.choice([notebook, notebook["metadata"], cell, cell, cell])
            if isinstance(target, dict) and target.keys() - {"cells"}:
                target[rng.choice(sorted(target.keys() - {"cells"}))] = rng.choice(odd)
        if rng.random() < 0.2:
            notebook = {"worksheets": [{"cells": notebook["cells"]}]}
        with contextlib.suppress(IntakeError):
            rebuilt, _ = rebuild(parse(json.dumps(notebook).encode())[0], RELEASED)
            assert answers(rebuilt).keys() == answers(RELEASED).keys()


# A class's download: {path: content}, as a zip and as a folder.

GOOD = nbformat.writes(SOLVED).encode()
EARLY = nbformat.writes(RELEASED).encode()


@pytest.fixture
def course(tmp_path):
    source = tmp_path / "course" / "source" / UNIT
    source.mkdir(parents=True)
    (source / NAME).write_bytes(EARLY)
    return tmp_path / "course"


def zipped(tmp_path, entries):
    path = tmp_path / "download.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries:
            archive.writestr(name, data)
    return path


def unpacked(tmp_path, entries):
    for name, data in entries:
        path = tmp_path / "class" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "class"


def collected_work(course):
    return {path.parts[-3]: path.read_bytes() for path in course.glob(f"submitted/*/{UNIT}/{NAME}")}


def exchange(student, time, unit=UNIT, salt="+Zm9vYmFy_-F6"):
    return f"{student}+{unit}+{time}{salt}/{NAME}"


LAYOUTS = {
    "canvas": (
        [
            ("lovelaceada_LATE_12_35_line-fitting-1.ipynb", GOOD),
            ("lovelaceada_LATE_12_34_line-fitting.ipynb", EARLY),
            ("müllerjosé_13_36_line-fitting.ipynb", GOOD),
            ("müllerjosé_13_37_points.csv", b"1"),
            ("müllerjosé_13_30_line-fitting.ipynb", EARLY),
        ],
        [Student("12", "lovelaceada", "12"), Student("13", "müllerjosé", "13")],
        {"12": "late", "13": "uploaded last counts"},
    ),
    "moodle": (
        [
            ("Ada Lovelace_123_assignsubmission_file_/line-fitting.ipynb", GOOD),
            ("Ada Lovelace_124_assignsubmission_file_/line-fitting.ipynb", GOOD),
            ("José (B) Müller_125_assignsubmission_file_Line Fitting.ipynb", GOOD),
        ],
        [
            Student("Ada-Lovelace", "Ada Lovelace", "123"),
            Student("Ada-Lovelace-124", "Ada Lovelace", "124"),
            Student("José-B-Müller", "José (B) Müller", "125"),
        ],
        {"Ada-Lovelace-124": "same id", "José-B-Müller": "handed in as Line Fitting"},
    ),
    "exchange": (
        [
            (exchange("ada", "2026-03-01 10:00:00 UTC"), GOOD),
            (exchange("ada", "2026-03-01 09:30:00 UTC"), EARLY),
            (exchange("a+b", "2026-03-01 10:00:00 +0100", salt=""), GOOD),
            (exchange("eve", "2026-03-01 10:00:00 UTC", unit="4-mlp"), EARLY),
        ],
        [Student("ada"), Student("a-b")],
        {"ada": "more than once", "a-b": "given as 'a+b'"},
    ),
    "folder of notebooks": (
        [
            ("ada.ipynb", EARLY),
            ("ada (1).ipynb", GOOD),
            ("-Zoe\u0308 [1].ipynb", GOOD),
            ("a b.ipynb", GOOD),
            ("a-b.ipynb", GOOD),
            ("bob/line-fitting.ipynb", GOOD),
            ("bob/points.csv", b"1"),
        ],
        [Student("ada"), Student("Zoë-1"), Student("a-b-c8687a"), Student("a-b"), Student("bob")],
        {"ada": "more than once", "Zoë-1": "given as", "a-b-c8687a": "same id"},
    ),
    "canvas, packed with its folder": (
        [("submissions/lovelaceada_12_35_line-fitting.ipynb", GOOD)],
        [Student("12", "lovelaceada", "12")],
        {},
    ),
    "one student": (
        [("ada/work.ipynb", GOOD), ("ada/points.csv", b"1")],
        [Student("ada")],
        {"ada": "handed in as work.ipynb"},
    ),
    "ids that meet": (
        [("a b.ipynb", GOOD), ("a-b.ipynb", GOOD), ("a-b-c8687a.ipynb", GOOD)],
        [Student("a-b-c8687a-c8687a"), Student("a-b"), Student("a-b-c8687a")],
        {"a-b-c8687a-c8687a": "same id"},
    ),
    "packed with its folder": (
        [
            ("class/ada.ipynb", GOOD),
            ("class/bob.ipynb", GOOD),
            ("__MACOSX/class/._ada.ipynb", b"x"),
        ],
        [Student("ada"), Student("bob")],
        {},
    ),
}


@pytest.mark.parametrize("pack", [zipped, unpacked])
@pytest.mark.parametrize(("entries", "students", "notes"), LAYOUTS.values(), ids=LAYOUTS)
def test_a_download_is_collected(entries, students, notes, pack, course, tmp_path):
    source = pack(tmp_path, entries)
    collected = collect(source, course, UNIT)
    assert not collected.failures
    assert sorted(collected.students, key=str) == sorted(students, key=str)
    assert collected_work(course) == {student.id: GOOD for student in students}
    for student, words in notes.items():
        assert any(words in note for note in collected.notes[student])
    again = collect(source, course, UNIT)
    assert again.unchanged == len(students)
    assert again.lines()[0].startswith(f"{UNIT}: {len(students)} submissions found")


def entry(name, mode=0, **fields):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    for key, value in fields.items():
        setattr(info, key, value)
    return info


ENTRIES = {
    "path traversal": ("../../evil.ipynb", GOOD, "leads out"),
    "path traversal, backslashes": ("..\\evil.ipynb", GOOD, "leads out"),
    "absolute path": ("/tmp/evil.ipynb", GOOD, "leads out"),
    "a link": (entry("bob.ipynb", stat.S_IFLNK | 0o777), b"ada.ipynb", "is a link"),
    "a bomb": ("bob.ipynb", bytes(9 * 2**20), "unpacked larger"),
    "a zip inside": ("bob/work.zip", b"PK\x03\x04", "unpack it first"),
    "no student in its name": (NAME, GOOD, "does not tell whose"),
    "dots for a name": ("...ipynb", GOOD, "does not tell whose"),
    "no notebook": ("bob.pdf", b"%PDF", "is no notebook"),
    "anonymous": ("anon_aBcD3_17_line-fitting.ipynb", GOOD, "anonymous grading"),
    "text typed into the LMS": (
        "Bob_7_assignsubmission_onlinetext_/onlinetext.html",
        b"Hi",
        "no notebook; line-fitting.ipynb is needed",
    ),
}


@pytest.mark.parametrize(("name", "data", "words"), ENTRIES.values(), ids=ENTRIES)
def test_a_bad_entry_costs_only_itself(name, data, words, course, tmp_path):
    before = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    source = zipped(
        tmp_path, [("ada.ipynb", GOOD), (name, data), ("cleo/line-fitting.ipynb", GOOD)]
    )
    collected = collect(source, course, UNIT)
    assert [student.id for student in collected.students] == ["ada", "cleo"]
    ((_, why),) = collected.failures
    assert words in why
    assert "3 submissions found, 2 collected, 1 not" in collected.lines()[0]
    after = {path for path in tmp_path.rglob("*") if "submitted" not in path.parts}
    assert after - before == {source}


def spoil(path, name, change):
    """Change the bytes of one entry in a zip."""
    with zipfile.ZipFile(path) as archive:
        info = archive.getinfo(name)
    data = bytearray(path.read_bytes())
    central = data.rindex(name.encode()) - 46
    change(data, info.header_offset, central)
    path.write_bytes(data)


def declare_small(data, local, central):
    for at in (local + 22, central + 24):
        data[at : at + 4] = (1000).to_bytes(4, "little")


def encrypt(data, local, central):
    data[local + 6] |= 1
    data[central + 8] |= 1


def flip(data, local, central):
    data[local + 60] ^= 255


def unknown_method(data, local, central):
    data[local + 8] = data[central + 10] = 99


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (declare_small, "damaged"),
        (encrypt, "is encrypted"),
        (flip, "damaged"),
        (unknown_method, "damaged"),
    ],
)
def test_a_spoilt_entry_costs_only_itself(change, words, course, tmp_path):
    source = zipped(tmp_path, [("ada.ipynb", GOOD), ("bob.ipynb", GOOD)])
    spoil(source, "bob.ipynb", change)
    collected = collect(source, course, UNIT)
    assert [student.id for student in collected.students] == ["ada"]
    ((who, why),) = collected.failures
    assert who == "bob"
    assert words in why


def test_a_path_twice_in_a_zip_is_nobodys_choice(course, tmp_path):
    with pytest.warns(UserWarning, match="Duplicate"):
        source = zipped(tmp_path, [("ada.ipynb", EARLY), ("ada.ipynb", GOOD)])
    ((_, why),) = collect(source, course, UNIT).failures
    assert "more than once" in why


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 cut off"])
def test_a_damaged_zip_is_refused(data, course, tmp_path):
    (tmp_path / "download.zip").write_bytes(data)
    with pytest.raises(IntakeError, match="download it again"):
        collect(tmp_path / "download.zip", course, UNIT)


def test_no_bytes_are_too_odd_for_collect(course, tmp_path):
    rng = random.Random(3)
    whole = zipped(
        tmp_path, [("ada.ipynb", GOOD), ("bob_12_34_line-fitting.ipynb", GOOD)]
    ).read_bytes()
    source = tmp_path / "odd.zip"
    for _ in range(100):
        data = bytearray(whole)
        for _ in range(rng.randint(1, 4)):  # headers stand in the last 200 bytes
            data[-rng.randint(1, rng.choice([200, len(data)]))] = rng.randrange(256)
        source.write_bytes(data)
        with contextlib.suppress(IntakeError):
            collect(source, course, UNIT).lines()
    assert {path.name for path in course.iterdir()} == {"source", "submitted"}


def test_links_and_pipes_of_a_class_are_named(course, tmp_path):
    source = unpacked(tmp_path, [("ada.ipynb", GOOD)])
    (source / "bob.ipynb").symlink_to(source / "ada.ipynb")
    (source / "cleo").symlink_to("/etc")
    os.mkfifo(source / "dan.ipynb")
    collected = collect(source, course, UNIT)
    assert [student.id for student in collected.students] == ["ada"]
    assert {who for who, _ in collected.failures} == {"bob", "cleo", "dan"}


def test_a_later_submission_takes_the_place_of_an_earlier_one_only(course, tmp_path):
    late = exchange("ada", "2026-03-02 10:00:00 UTC")
    early = exchange("ada", "2026-03-01 10:00:00 UTC")
    for number, (name, data, words) in enumerate(
        [(early, EARLY, None), (late, GOOD, "takes the place"), (early, EARLY, "was kept")]
    ):
        source = unpacked(tmp_path / str(number), [(name, data)])
        notes = collect(source, course, UNIT).notes["ada"]
        assert (words is None and not notes) or words in notes[0]
    assert collected_work(course) == {"ada": GOOD}
    written = (course / "submitted" / "ada" / UNIT / "timestamp.txt").read_text()
    assert written == "2026-03-02 10:00:00 UTC"


def test_a_full_disk_leaves_what_was_there(course, tmp_path, monkeypatch):
    collect(unpacked(tmp_path, [("ada.ipynb", EARLY)]), course, UNIT)
    source = unpacked(tmp_path, [("ada.ipynb", GOOD)])
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full_disk)
        collected = collect(source, course, UNIT)
    assert collected.failures == [("ada", "No space left on device.")]
    assert collected_work(course) == {"ada": EARLY}
    assert [path.name for path in (course / "submitted").iterdir()] == ["ada"]


def full_disk(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_an_unknown_unit_is_refused(course, tmp_path):
    with pytest.raises(CourseError, match="source/9-none has 0 notebooks"):
        collect(unpacked(tmp_path, [("ada.ipynb", GOOD)]), course, "9-none")


@pytest.mark.parametrize(
    ("collector", "layout"), [(CanvasCollector, "canvas"), (MoodleCollector, "moodle")]
)
def test_nbgraders_zip_collect_takes_the_same_files(collector, layout, course, tmp_path):
    entries, students, _ = LAYOUTS[layout]
    one_of_a_name = [(name, data) for name, data in entries if "_124_" not in name]
    archive = course / "downloaded" / UNIT / "archive"
    archive.mkdir(parents=True)
    zipped(tmp_path, one_of_a_name).rename(archive / "download.zip")
    app = ZipCollectApp(collector_plugin=collector)
    app.coursedir = CourseDirectory(root=str(course), assignment_id=UNIT)
    app.init_plugins()
    app.extract_archive_files()
    app.process_extracted_files()
    assert collected_work(course) == {s.id: GOOD for s in students if not s.id.endswith("-124")}
