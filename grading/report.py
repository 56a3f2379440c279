"""The class report: what the records of a class say about its questions, as one page and as CSV."""

import base64
import hashlib
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import StatisticsError, correlation, fmean, median
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from grading.spreadsheet import csv_text, visible
from helpers.judge import NOT_ATTEMPTED, RIGHT
from helpers.style import counted

HERE = Path(__file__).parent
PAGE, STYLE = "report.html", "report.css"
STOPPED = ("It stopped with ", "It happened in ")  # how the judge's lines on an error begin
ABOUT_CELLS = re.compile(r"(The (locked )?cell|Cells?) ")  # how repairs of cells begin
MOST_BARS = 14  # of the histogram
WIDTHS = (0.5, 1, 2, 5)  # points that a bar of the histogram spans, or ten times as many, and so on


@dataclass(frozen=True)
class Report:
    """A class report: a page for people, and the same numbers as CSV."""

    html: str
    questions_csv: str
    submissions_csv: str


@dataclass(frozen=True)
class Mistake:
    """One mistake of a question: how many made it, and what most of them read."""

    id: str
    count: int
    message: str


@dataclass(frozen=True)
class Question:
    """How a class did one question; the four counts add up to its submissions."""

    name: str
    points: float
    full: int
    some: int
    none: int
    unattempted: int
    share: float
    discrimination: float | None
    mistakes: list[Mistake]

    @property
    def counts(self) -> list[int]:
        """The submissions with all, some and no points, and those without an attempt."""
        return [self.full, self.some, self.none, self.unattempted]

    @property
    def submissions(self) -> int:
        """The submissions in which the question was marked."""
        return sum(self.counts)

    @property
    def success(self) -> float:
        """The part of the submissions that has all points."""
        return self.full / self.submissions


@dataclass(frozen=True)
class Cell:
    """A graded cell without an exercise: a person marks it, or its own asserts do."""

    name: str
    waiting: int
    unattempted: int
    mean: float | None


@dataclass(frozen=True)
class Submission:
    """What the report says about one submission."""

    name: str
    state: str
    total: float | None
    repairs: list[str]
    lost: list[str]
    seconds: float | None


@dataclass(frozen=True)
class Bar:
    """One bar of the histogram of totals."""

    low: float
    high: float
    count: int


def class_report(records: list[dict[str, Any]], anonymous: bool = False) -> Report:
    """
    Sum up the records of a class.

    Parameters
    ----------
    records : list of dict
        The records of one unit, one for each submission; also those of submissions that could not
        be marked. They may be none.
    anonymous : bool
        Whether submissions bear numbers in place of the students' ids. The order of the numbers
        comes from what was handed in, so that a list of the class does not give it away. Sentences
        that may hold a name, such as those about files, are left out.

    Returns
    -------
    Report
        The page and two CSV texts. They hold ids of mistakes and what learners read, no hidden
        value.
    """
    names = _names(records, anonymous)
    by_student = {record["student"]: record for record in records}
    marked = [r for r in records if "failure" not in r]
    questions = list(_questions(marked))
    submissions = [
        _submission(by_student[student], name, anonymous) for student, name in names.items()
    ]
    totals = [s.total for s in submissions if s.total is not None]
    possible = sum(question.points for question in questions)
    page = _environment().get_template(PAGE)
    return Report(
        html=page.render(
            unit=visible(", ".join(sorted({record["unit"] for record in records}))),
            policy=_policy(),
            style=Markup(_style()),
            questions=questions,
            cells=list(_cells(marked)),
            submissions=[s for s in submissions if s.total is not None],
            failures=[s for s in submissions if s.total is None],
            totals=totals,
            possible=possible,
            histogram=_histogram(totals, possible),
            seconds=[s.seconds for s in submissions if s.seconds is not None],
            mean=fmean(totals) if totals else None,
            median=median(totals) if totals else None,
        ),
        questions_csv=_questions_csv(questions),
        submissions_csv=_submissions_csv(submissions),
    )


def _names(records: list[dict[str, Any]], anonymous: bool) -> dict[str, str]:
    """Return what the report calls each student, in the order of the report."""
    students = sorted(record["student"] for record in records)
    if not anonymous:
        return {student: visible(student) for student in students}
    seed = "".join(sorted(record.get("submission", "") for record in records))
    random.Random(seed).shuffle(students)
    return {student: str(number) for number, student in enumerate(students, start=1)}


# Questions --------------------------------------------------------------------------------------


def _questions(marked: list[dict[str, Any]]) -> Iterator[Question]:
    for name in dict.fromkeys(name for record in marked for name in record["questions"]):
        of = [record for record in marked if name in record["questions"]]
        marks = [record["questions"][name] for record in of]
        shares = [_share(mark) for mark in marks]
        rest = [_total(r) - m["score"] for r, m in zip(of, marks, strict=True)]
        tried = [s for s, m in zip(shares, marks, strict=True) if m["state"] != NOT_ATTEMPTED]
        yield Question(
            name=visible(name),
            points=max(mark["points"] for mark in marks),
            full=sum(share == 1 for share in tried),
            some=sum(0 < share < 1 for share in tried),
            none=sum(share == 0 for share in tried),
            unattempted=len(marks) - len(tried),
            share=fmean(shares),
            discrimination=_discrimination(shares, rest),
            mistakes=_mistakes(marks),
        )


def _share(mark: dict[str, Any]) -> float:
    """Return the share of its points that a question has; the parts' where it is worth none."""
    if mark["points"]:
        return float(mark["score"] / mark["points"])
    parts = mark["parts"]
    earned = sum(part["points"] for part in parts if part["right"])
    return float(earned / sum(part["points"] for part in parts) if parts[0]["right"] else 0)


def _total(record: dict[str, Any]) -> float:
    return float(sum(score for score in record["scores"].values() if score is not None))


def _discrimination(shares: list[float], rest: list[float]) -> float | None:
    """Return the correlation of a question with the rest of the score, None where it has none."""
    if len(shares) < 3:  # two points always lie on a line
        return None
    try:
        return correlation(shares, [round(points, 9) for points in rest])
    except StatisticsError:  # one of the two is the same for all
        return None


def _mistakes(marks: list[dict[str, Any]]) -> list[Mistake]:
    """Return the mistakes of a question, the commonest first."""
    wrong = [m for m in marks if m["state"] not in (RIGHT, NOT_ATTEMPTED) and m["diagnosis"]]
    counts = Counter(mark["diagnosis"] for mark in wrong)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [
        Mistake(visible(id), count, _message([m for m in wrong if m["diagnosis"] == id]))
        for id, count in ranked
    ]


def _message(marks: list[dict[str, Any]]) -> str:
    """Return the first line of advice that most learners with a mistake read."""
    lines = [
        next((line for line in mark["lines"] if not line.startswith(STOPPED)), "") for mark in marks
    ]
    return visible(Counter(lines).most_common(1)[0][0])


def _cells(marked: list[dict[str, Any]]) -> Iterator[Cell]:
    names = dict.fromkeys(name for record in marked for name in record["scores"])
    for name in names:
        of = [r for r in marked if name in r["scores"] and name not in r["questions"]]
        known = [r["scores"][name] for r in of if r["scores"][name] is not None]
        if of:
            yield Cell(
                name=visible(name),
                waiting=len(of) - len(known),
                unattempted=sum(not r["attempted"].get(name, True) for r in of),
                mean=fmean(known) if known else None,
            )


# Submissions ------------------------------------------------------------------------------------


def _submission(record: dict[str, Any], name: str, anonymous: bool) -> Submission:
    if "failure" in record:
        why = "The report with the students' ids tells why." if anonymous else record["failure"]
        return Submission(name, visible(why), None, [], [], None)
    return Submission(
        name=name,
        state=_state(record),
        total=_total(record),
        repairs=[visible(text) for text in _repairs(record["repairs"], anonymous)],
        lost=[visible(f"A cell {reason}.") for reason in record["lost"].values()],
        seconds=record["seconds"],
    )


def _repairs(sentences: list[str], anonymous: bool) -> list[str]:
    """Return what was put right; what is about files may hold a name and is counted instead."""
    if not anonymous:
        return sentences
    kept = [sentence for sentence in sentences if ABOUT_CELLS.match(sentence)]
    others = len(sentences) - len(kept)
    return [*kept, f"{counted(others, 'repair')} of files."] if others else kept


def _state(record: dict[str, Any]) -> str:
    waiting = [name for name, score in record["scores"].items() if score is None]
    if waiting:
        return visible(f"marked except {', '.join(waiting)}")
    states = {mark["state"] for mark in record["questions"].values()}
    attempted = states - {NOT_ATTEMPTED} or any(record["attempted"].values())
    return "marked" if attempted or not states else "nothing attempted"


def _histogram(totals: list[float], possible: float) -> list[Bar]:
    """Count the totals in bars of equal width from 0 to the most points."""
    top = max([possible, *totals])
    widths = (width * 10**power for power in range(9) for width in WIDTHS)
    width = next(width for width in widths if top <= width * MOST_BARS)
    bars = max(1, -int(-top // width))
    inside = Counter(min(int(total // width), bars - 1) for total in totals)
    return [Bar(k * width, (k + 1) * width, inside[k]) for k in range(bars)]


# CSV --------------------------------------------------------------------------------------------


def _questions_csv(questions: list[Question]) -> str:
    head = ["question", "points", "submissions", "all_points", "some_points", "no_points"]
    head += ["not_attempted", "success_rate", "mean_share", "discrimination"]
    head += ["commonest_mistake", "commonest_count", "commonest_message", "all_mistakes"]
    rows = [
        [
            *(q.name, q.points, q.submissions, *q.counts),
            *(round(q.success, 4), round(q.share, 4)),
            None if q.discrimination is None else round(q.discrimination, 4),
            *next(((m.id, m.count, m.message) for m in q.mistakes), (None, 0, None)),
            "; ".join(f"{mistake.id}: {mistake.count}" for mistake in q.mistakes),
        ]
        for q in questions
    ]
    return csv_text([head, *rows])


def _submissions_csv(submissions: list[Submission]) -> str:
    head = ["submission", "marked", "state", "total", "seconds", "repairs", "lost"]
    rows = [
        [
            *(s.name, "no" if s.total is None else "yes", s.state, s.total, s.seconds),
            *(" ".join(s.repairs), " ".join(s.lost)),
        ]
        for s in submissions
    ]
    return csv_text([head, *rows])


# Page -------------------------------------------------------------------------------------------


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(number=_number, percent=_percent, counted=counted)
    return environment


def _style() -> str:
    return (HERE / STYLE).read_text(encoding="utf-8")


def _policy() -> str:
    """Return the page's security policy: its own style and nothing else, no script at all."""
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def _number(value: float | None, digits: int = 1) -> str:
    """Write a number with at most so many decimals, "–" where there is none."""
    if value is None:
        return "–"
    text = f"{value:.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
