"""The class report and the exports: what they say is what was planted, and harmless to open."""

import csv
import datetime
import html
import io
import random
import re
from collections import Counter

import lab
import numpy as np
import pytest
from nbgrader.api import Gradebook
from nbgrader.plugins import CsvExportPlugin
from sqlalchemy import event

from grading.course import COURSE
from grading.exercise import load_exercises
from grading.exports import CanvasExporter, CsvExporter, MoodleExporter
from grading.report import class_report
from helpers.judge import NOT_ATTEMPTED, NOT_YET, RIGHT

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own

UNIT = "1-line-fitting"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
DANGLING = """[...document.querySelectorAll("[aria-labelledby]")]
    .flatMap(e => e.getAttribute("aria-labelledby").split(" "))
    .filter(id => document.querySelectorAll("#" + id).length !== 1
                  || !document.getElementById(id).textContent.trim())"""
EXERCISES = {
    name: exercise
    for name, exercise in load_exercises(COURSE / "source" / UNIT / "exercises.py").items()
    if exercise.role != "lesson"
}
CANVAS = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section"]
HOSTILE = [
    "<script>alert(1)</script>",
    "=cmd()",
    '"><img src=x onerror=alert(1)>',
    "ada\u202egnp",
    "\udcff",
    "ordinary",
]


def mark(exercise, outcome):
    """Return the mark of a question: "" is right, None not attempted, else a known mistake."""
    message = {m.id: m.message for m in exercise.mistakes}
    groups = exercise.groups
    right = len(groups) if outcome == "" else len(outcome or "") % len(groups)
    parts = [
        {"name": group.name, "points": group.points, "right": k < right, "says": group.says}
        for k, group in enumerate(groups)
    ]
    parts.append({"name": "unchanged", "points": exercise.unchanged, "right": outcome is not None})
    earned = sum(p["points"] for p in parts if p["right"]) if parts[0]["right"] else 0
    return {
        "score": float(earned if exercise.points else 0),
        "points": float(exercise.points),
        "state": {"": RIGHT, None: NOT_ATTEMPTED}.get(outcome, NOT_YET),
        "diagnosis": "not-attempted" if outcome is None else outcome,
        "parts": parts,
        "lines": ["It stopped with TypeError.", message[outcome]] if outcome in message else ["-"],
        "warned": False,
    }


def record(student, outcomes, **more):
    questions = {name: mark(EXERCISES[name], outcome) for name, outcome in outcomes.items()}
    return {
        "student": student,
        "unit": UNIT,
        "submission": f"sha of {student}",
        "questions": questions,
        "scores": {**{name: m["score"] for name, m in questions.items()}, "explain": None},
        "attempted": {"explain": True},
        "lost": {},
        "repairs": [],
        "seconds": 0.5,
        "log": [],
        **more,
    }


def draw_class(size, seed):
    """Return random outcomes of a class: for each student what happened at each question."""
    rng = random.Random(seed)
    return {
        f"student-{k:03}": {
            name: rng.choice(["", "", None, *(m.id for m in exercise.mistakes)])
            for name, exercise in EXERCISES.items()
        }
        for k in range(size)
    }


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture(scope="module")
def planted():
    """Return the outcomes of a class of 200, its records and its report."""
    outcomes = draw_class(200, seed=5)
    records = [record(student, of) for student, of in outcomes.items()]
    return outcomes, records, class_report(records)


def test_planted_mistakes_are_recovered_exactly(planted):
    outcomes, _, report = planted
    found = {row["question"]: row for row in rows(report.questions_csv)}
    assert set(found) == set(EXERCISES)
    for name, row in found.items():
        counts = Counter(of[name] for of in outcomes.values())
        right, blank = counts.pop(""), counts.pop(None)
        listed = dict(entry.split(": ") for entry in row["all_mistakes"].split("; "))
        assert {id: int(count) for id, count in listed.items()} == counts
        assert int(row["not_attempted"]) == blank
        assert int(row["all_points"]) == right
        assert float(row["success_rate"]) == right / 200
        assert int(row["commonest_count"]) == max(counts.values())
        assert counts[row["commonest_mistake"]] == max(counts.values())
        messages = {m.id: m.message for m in EXERCISES[name].mistakes}
        assert row["commonest_message"] == messages[row["commonest_mistake"]]
        for id in counts:
            assert html.escape(messages[id], quote=False) in report.html.replace("&#39;", "'")


def test_discrimination_is_the_correlation_with_the_rest_of_the_score(planted):
    _, records, report = planted
    scores = np.array([[m["score"] for m in r["questions"].values()] for r in records])
    points = [exercise.points for exercise in EXERCISES.values()]
    found = rows(report.questions_csv)
    for k, row in enumerate(found):
        if points[k]:  # a stretch question has no score of its own to compare with
            rest = np.delete(scores, k, axis=1).sum(axis=1)
            expected = np.corrcoef(scores[:, k] / points[k], rest)[0, 1]
            assert float(row["discrimination"]) == pytest.approx(expected, abs=1e-4)


def test_discrimination_is_left_open_where_all_are_the_same():
    same = [record(str(k), dict.fromkeys(EXERCISES, "")) for k in range(4)]
    report = class_report(same)
    assert {row["discrimination"] for row in rows(report.questions_csv)} == {""}
    assert '<td class="figure">–</td>' in report.html


def test_a_stretch_question_is_right_by_its_parts():
    report = class_report([record("ada", {"unscale": ""}), record("bob", {"unscale": None})])
    (row,) = rows(report.questions_csv)
    assert (row["points"], row["all_points"], row["mean_share"]) == ("0.0", "1", "0.5")


def test_a_class_without_marks_has_a_report():
    assert "There is no submission yet." in class_report([]).html
    failed = class_report([{"student": "ada", "unit": UNIT, "failure": "The file is empty."}])
    assert "0 marked" in failed.html
    assert rows(failed.questions_csv) == []
    (row,) = rows(failed.submissions_csv)
    assert (row["submission"], row["marked"], row["state"]) == ("ada", "no", "The file is empty.")


def test_each_submission_has_its_state_and_what_happened_to_it():
    right, blank = dict.fromkeys(EXERCISES, ""), dict.fromkeys(EXERCISES, None)
    records = [
        record(
            "ada",
            right,
            repairs=["The cell mse was missing.", "data.csv was left out."],
            lost={"12": "ran for more than 20 seconds"},
            seconds=20.25,
        ),
        record("bob", blank, attempted={"explain": False}, scores=dict.fromkeys(right, 0.0)),
    ]
    ada, bob = rows(class_report(records).submissions_csv)
    assert ada["state"] == "marked except explain"
    assert float(ada["total"]) == sum(exercise.points for exercise in EXERCISES.values())
    assert ada["repairs"] == "The cell mse was missing. data.csv was left out."
    assert ada["lost"] == "A cell ran for more than 20 seconds."
    assert float(ada["seconds"]) == 20.25
    assert bob["state"] == "nothing attempted"


def test_an_anonymous_report_holds_no_id_and_not_the_order_of_the_alphabet(planted):
    _, records, _ = planted
    failure = {"student": "zoe", "unit": UNIT, "failure": "Zoe/line.ipynb is no notebook."}
    repairs = ["The cell mse was missing.", "The notebook was handed in as student-000.ipynb."]
    hers = {**records[0], "repairs": repairs}
    report = class_report([hers, *records[1:], failure], anonymous=True)
    for text in (report.html, report.questions_csv, report.submissions_csv):
        assert not re.search("student-|zoe", text, re.IGNORECASE)
    listed = rows(report.submissions_csv)
    assert "The cell mse was missing. 1 repair of files." in {row["repairs"] for row in listed}
    assert [row["submission"] for row in listed] == [str(k) for k in range(1, 202)]
    totals = [row["total"] for row in rows(class_report(records).submissions_csv)]
    assert [row["total"] for row in listed if row["total"]] != totals


def test_csv_defuses_formulas():
    report = class_report([record(name, {"mse": "sum"}) for name in ["=1+1", "+1", "-1", "@x"]])
    assert [row["submission"] for row in rows(report.submissions_csv)] == [
        "'+1",
        "'-1",
        "'=1+1",
        "'@x",
    ]


@pytest.mark.browser
def test_the_page_is_whole_in_a_browser_and_runs_nothing(planted, page, tmp_path):
    _, records, _ = planted
    wild = {**mark(EXERCISES["mse"], "sum"), "diagnosis": HOSTILE[0], "lines": [HOSTILE[2]]}
    hostile = [
        record(id, dict.fromkeys(EXERCISES, ""), repairs=[HOSTILE[0]], submission="x")
        for id in HOSTILE
    ]
    hostile[0]["questions"]["mse"] = wild
    failures = [{"student": f"f{id}", "unit": HOSTILE[0], "failure": id} for id in HOSTILE]
    path = tmp_path / "report.html"
    report = class_report([*records[:12], *hostile, *failures])
    path.write_text(report.html, encoding="utf-8")
    page.on("dialog", lambda dialog: page.faults.append("a dialog opened"))
    page.goto(path.as_uri())
    assert page.locator("script, img, link, iframe, [style]").count() == 0
    assert page.locator("main").count() == page.locator("h1").count() == 1
    assert page.locator("th:not([scope])").count() == 0
    assert page.locator("svg[role=img] > title + desc").count() == 2
    assert page.evaluate(DANGLING) == []
    shown = page.locator("#submissions ~ .table th[scope=row]").all_text_contents()
    assert {HOSTILE[0], HOSTILE[1], HOSTILE[2], r"ada\u202egnp", r"\udcff"} <= set(shown)
    lab.SCREENSHOTS.mkdir(exist_ok=True)
    backgrounds = set()
    for media, scheme in (("screen", "light"), ("screen", "dark"), ("print", "dark")):
        page.emulate_media(media=media, color_scheme=scheme)
        backgrounds.add((media, page.evaluate(BACKGROUND)))
        page.screenshot(path=lab.SCREENSHOTS / f"report-{media}-{scheme}.png", full_page=True)
    assert page.faults == []
    assert backgrounds == {
        ("screen", "rgb(255, 255, 255)"),
        ("screen", "rgb(17, 17, 17)"),
        ("print", "rgb(255, 255, 255)"),
    }


# --- exports ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def gradebook():
    """Return a gradebook with two assignments, in which each student is another case."""
    with pytest.MonkeyPatch.context() as patch:  # nbgrader starts a program for it, for seconds
        patch.setattr("nbgrader.api.get_alembic_version", lambda: "any")
        made = Gradebook("sqlite://")
    with made as book:
        for unit in ("unit-b", "unit-a"):
            book.add_assignment(unit, duedate=datetime.datetime(2026, 1, 31))
            book.add_notebook("one", unit)
            book.add_grade_cell("code", "one", unit, max_score=4, cell_type="code")
            book.add_grade_cell("text", "one", unit, max_score=3, cell_type="markdown")
            book.add_task_cell("task", "one", unit, max_score=2, cell_type="markdown")
        book.add_student("nothing-yet")
        # student: automatic, by a person, extra credit, penalty
        cases = {
            "automatic": (2.5, None, None, None),
            "by-a-person": (1.0, 3.5, None, 0.0),
            "extra": (4.0, None, 1.25, None),
            "late": (4.0, 2.0, None, 1.5),
            "far-too-late": (1.0, None, None, 100.0),
        }
        for k, (student, (automatic, manual, extra, penalty)) in enumerate(cases.items()):
            book.add_student(
                student,
                first_name="Zoë" if k % 2 else None,
                last_name="=SUM(A1)" if k == 1 else None,
                email=f"{student}@example.org",
                lms_user_id=str(100 + k),
            )
            for unit in ("unit-a", "unit-b")[: 1 + k % 2]:
                book.add_submission(unit, student, timestamp=datetime.datetime(2026, 2, k + 1))
                notebook = book.find_submission_notebook("one", unit, student)
                notebook.late_submission_penalty = penalty
                code = book.find_grade("code", "one", unit, student)
                code.auto_score, code.manual_score, code.extra_credit = automatic, manual, extra
                text = book.find_grade("text", "one", unit, student)
                text.manual_score = 0.5
                for cell in ("code", "text", "task"):
                    grade = book.find_grade(cell, "one", unit, student)
                    grade.needs_manual_grade = student == "automatic" and cell == "text"
        book.db.commit()
        yield book


def exported(exporter, gradebook, path, **options):
    plugin = exporter(to=str(path), **options)
    plugin.export(gradebook)
    return path.read_bytes()


@pytest.mark.parametrize(
    "options", [{}, {"student": ["late", "nobody"]}, {"assignment": ["unit-a"]}], ids=str
)
def test_the_default_export_has_the_bytes_of_nbgraders_own(gradebook, tmp_path, options):
    own = exported(CsvExportPlugin, gradebook, tmp_path / "own.csv", **options)
    gradebook.db.expire_all()
    assert exported(CsvExporter, gradebook, tmp_path / "ours.csv", **options) == own
    assert own.count(b"\n") == {"": 13, "student": 3, "assignment": 7}[next(iter(options), "")]


def test_the_number_of_queries_does_not_grow_with_the_class(gradebook, tmp_path):
    queries = []
    event.listen(gradebook.engine, "before_cursor_execute", lambda *args: queries.append(args[2]))
    exported(CsvExporter, gradebook, tmp_path / "out.csv")
    assert len(queries) <= 3  # assignments, students, submissions


def test_canvas_gets_its_columns_and_no_half_marked_submission(gradebook, tmp_path, caplog):
    text = exported(CanvasExporter, gradebook, tmp_path / "canvas.csv").decode()
    head, possible, *students = csv.reader(io.StringIO(text))
    assert head == [*CANVAS, "unit-a", "unit-b"]
    assert possible == ["    Points Possible", "", "", "", "", "9.0", "9.0"]
    found = {row[3]: [row[0], row[1], *row[5:]] for row in students}
    assert found == {
        "nothing-yet": ["nothing-yet", "", "", ""],
        "automatic": ["automatic", "100", "", ""],
        "by-a-person": ["'=SUM(A1), Zoë", "101", "4.0", "4.0"],
        "extra": ["extra", "102", "5.75", ""],
        "late": ["Zoë", "103", "1.0", "1.0"],
        "far-too-late": ["far-too-late", "104", "0.0", ""],
    }
    assert [r.getMessage() for r in caplog.records if r.levelname == "WARNING"] == [
        "unit-a is left empty where a person has still to mark a part: automatic"
    ]


def test_moodle_gets_its_columns(gradebook, tmp_path):
    options = {"student": ["by-a-person"], "assignment": ["unit-b"]}
    text = exported(MoodleExporter, gradebook, tmp_path / "moodle.csv", **options).decode()
    assert text.splitlines() == [
        "ID number,Username,Email address,Full name,unit-b",
        "101,by-a-person,by-a-person@example.org,Zoë =SUM(A1),4.0",
    ]


def test_an_export_that_cannot_be_ends_in_a_sentence(gradebook, tmp_path):
    for exporter in (CsvExporter, MoodleExporter):
        with pytest.raises(SystemExit, match=r"could not be written: No such file or directory\."):
            exported(exporter, gradebook, tmp_path / "no" / "out.csv")
    with pytest.raises(SystemExit, match="The gradebook has no student nobody"):
        exported(MoodleExporter, gradebook, tmp_path / "out.csv", student=["nobody"])
    assert not (tmp_path / "out.csv").exists()
