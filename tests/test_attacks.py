"""The attack corpus on the real engine: nothing gained, nothing leaked, no neighbour affected."""

import copy
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import lab
import pytest
from attacks import (
    ATTACKS,
    DENIAL,
    ENDED,
    LEFT,
    MESSAGES,
    METADATA,
    OBSERVATIONS,
    PRELUDE,
    SCRIPTS,
    VALUES,
    WON,
    find,
    own_text,
)
from nbformat import v4
from nbgrader.api import Gradebook
from playwright.sync_api import expect
from test_marking import LINE, failed, released, solved

from grading.cli import main as cli
from grading.course import COURSE, nbgrader
from grading.engine import Engine
from grading.exercise import load_exercises
from grading.marker import _clean, hidden_calls, mark_notebook
from grading.pages import dress
from grading.rebuild import grade_id, rebuild
from helpers.judge import RIGHT, judge

SHOWN = {"text/plain", "image/png", "image/jpeg"}
SECRET = "a-secret-that-no-submission-may-see"
EXERCISES = load_exercises(LINE / "exercises.py")
PRELUDE_CELL = v4.new_code_cell(PRELUDE)
FIRST = "predict_line"  # the honest question beside attacks that stand in all others
QUESTIONS = [name for name, e in EXERCISES.items() if e.role != "lesson" and name != FIRST]

EDITS = [attack for attack in ATTACKS if attack.kind == METADATA]
# a call runs in a process of its own, so that many can stand in one notebook
CALLS = [a for a in ATTACKS if a.body and a.kind in (VALUES, MESSAGES, DENIAL)]
TOGETHER = [
    group[k : k + len(QUESTIONS)]
    for kind in (VALUES, MESSAGES, DENIAL)
    for group in [[attack for attack in CALLS if attack.kind == kind]]
    for k in range(0, len(group), len(QUESTIONS))
]
ALONE = [attack for attack in ATTACKS if attack not in EDITS and attack not in CALLS]

PROBE = f"""
import ctypes, os, socket
libc = ctypes.CDLL(None, use_errno=True)
places = ("/tmp", "/dev/shm", "/dev/mqueue", "/var/tmp", "/run", ".", "..", os.path.expanduser("~"))
for place in places:
    if os.path.isdir(place):
        print([os.path.join(f, n) for f, _, names in os.walk(place) for n in names])
        print(os.listdir(place))
for call in (libc.shmget, libc.semget):
    if call(0x5EED, 0, 0) >= 0:
        print({LEFT!r}, call)
if libc.msgget(0x5EED, 0) >= 0 or libc.mq_open(b"/" + {LEFT.encode()!r}, 0) >= 0:
    print({LEFT!r}, "a queue")
for ring in (-1, -2, -3, -4, -5):
    if libc.syscall(250, 10, ring, b"user", {LEFT.encode()!r}, 0) > 0:
        print({LEFT!r}, "a key", ring)
for family, address in ((socket.AF_UNIX, "\\0" + {LEFT!r}), (socket.AF_INET, ("127.0.0.1", 47211))):
    try:
        socket.socket(family).connect(address)
        print({LEFT!r}, address)
    except OSError:
        pass
"""


def hand_in(book, files, engine):
    """Mark a submitted notebook with the files beside it; the only place that knows how."""
    beside = {name: text.encode() for name, text in files.items()}
    record = mark_notebook(book, EXERCISES, beside, engine)
    dress(book, record, EXERCISES, [])
    return record


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """What an attack may look for on this machine, by the name that stands in its source."""
    folder = tmp_path_factory.mktemp("world")
    course, home = folder / "course", folder / "home"
    for name in ("gradebook.db", "submitted/eve/secret.txt", "source/secret.txt"):
        (course / name).parent.mkdir(parents=True, exist_ok=True)
        (course / name).write_text(SECRET)
    home.mkdir()
    (home / "secret.txt").write_text(SECRET)
    abstract = f"downhill-{os.getpid()}"
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as local:
        server.settimeout(0)
        local.bind(f"\0{abstract}")
        local.listen()
        local.settimeout(0)
        bystander = subprocess.Popen(
            [sys.executable, "-c", "import time; time.sleep(9999)", SECRET]
        )
        yield {
            "files": {path: path.read_text() for path in course.rglob("*.*")},
            "COURSE": str(course),
            "HOME": str(home),
            "REPOSITORY": str(COURSE),
            "HOST": socket.gethostname(),
            "ABSTRACT": abstract,
            "PORT": server.getsockname()[1],
            "PID": os.getpid(),
            "CANARY_PID": bystander.pid,
            "listeners": (server, local),
            "bystander": bystander,
        }
        bystander.kill()
        bystander.wait()


@pytest.fixture(scope="module")
def sandboxed(world):
    """Give an engine, after a look that its notebooks cannot reach this machine's processes."""
    with pytest.MonkeyPatch.context() as patch, Engine(figures=False) as engine:
        patch.setenv("DOWNHILL_SECRET", SECRET)
        patch.setattr("grading.engine.CELL_SECONDS", 2.0)
        patch.setattr("grading.marker.LEAST_SECONDS", 1.0)
        look = f"import os\nos.kill({world['bystander'].pid}, 0)"
        book = v4.new_notebook(cells=[v4.new_code_cell(look)])
        hand_in(book, {}, engine)
        if book.cells[0].outputs[0].get("ename") not in ("ProcessLookupError", "PermissionError"):
            pytest.fail("No attack is let loose here: the runner sees this machine's processes.")
        yield engine


@pytest.fixture(scope="module")
def model():
    """The model solution without the picture and some questions, which take most of the time."""
    book = solved(LINE)
    gone = {"numerical_gradient", "fit_line", "fit_until", "closed_form_line", "unscale"}
    book.cells = [
        cell
        for cell in book.cells
        if grade_id(cell).removesuffix("-answer") not in gone
        and "explore_learning_rate(" not in cell.source
    ]
    return book


@pytest.fixture(scope="module")
def neighbour(model):
    """An honest submission with one question, which looks for what others have left."""
    wanted = ("setup", "predict_line-answer", "predict_line")
    book = copy.deepcopy(model)
    book.cells = [v4.new_code_cell(PROBE), *(c for c in book.cells if grade_id(c) in wanted)]
    return book


def answered(model, answers, world):
    """Return the model solution with hostile answers, and what they use before the first one."""
    book = copy.deepcopy(model)
    for name, value in world.items():
        answers = {q: text.replace(f"@{name}@", repr(value)) for q, text in answers.items()}
    for each in book.cells:
        question = grade_id(each).removesuffix("-answer")
        if question in answers and grade_id(each) != question:
            each.source = answers[question]
    book.cells.insert(1 + [grade_id(c) for c in book.cells].index("setup"), PRELUDE_CELL)
    return book


def texts(record, book):
    """Return all that is kept of a submission: the record and the page with its feedback."""
    return json.dumps([record.summary(), [cell.get("outputs") for cell in book.cells]])


def hidden_numbers():
    """Return the hidden slopes and intercepts of gd_step as texts."""
    calls = hidden_calls(EXERCISES["gd_step"]).inputs
    numbers = [value for call in calls for name, value in call if name in ("m", "c")]
    return [str(number) for number in numbers if len(str(number)) > 7]


def left_processes():
    """Return the processes on this machine that an attack left."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if LEFT in (path / "cmdline").read_text() or LEFT[:15] in (path / "comm").read_text():
                found.append(path.name)
        except OSError:
            continue
    return found


def eventually_none(find):
    """Wait up to five seconds until nothing is found; return what is."""
    end = time.monotonic() + 5
    while (found := find()) and time.monotonic() < end:
        time.sleep(0.05)
    return found


def assert_nothing_gained(record, questions, loses):
    """No point for a hostile answer, every point for the others."""
    for question in questions:
        assert record.questions[question].score == 0, question
        assert record.questions[question].state != RIGHT, question
    assert failed(record) <= loses
    for name, question in record.questions.items():
        assert question.points == EXERCISES[name].points


def assert_nothing_leaked(record, book):
    """No secret, no hidden number and no markup in what is kept of a submission."""
    kept = texts(record, book)
    assert WON not in kept
    assert SECRET not in kept
    assert [number for number in hidden_numbers() if number in kept] == []
    theirs = [c for c in book.cells if c.cell_type == "code" and grade_id(c) not in EXERCISES]
    shown = [output for cell in theirs for output in cell.outputs]
    assert {kind for output in shown for kind in output.get("data", {})} <= SHOWN


def assert_nobody_affected(world, engine, neighbour):
    """The machine is as it was, and the next submission finds nothing and is marked in full."""
    for listener in world["listeners"]:
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert world["bystander"].poll() is None
    assert {path: path.read_text() for path in Path(world["COURSE"]).rglob("*.*")} == world["files"]
    assert eventually_none(left_processes) == []
    after = hand_in(neighbour, {}, engine)
    assert failed(after) == set()
    assert LEFT not in texts(after, neighbour)
    assert not after.lost


@pytest.mark.parametrize("attack", ALONE, ids=lambda attack: f"{attack.kind}: {attack.name}")
def test_an_attack(attack, sandboxed, model, neighbour, world):
    book = answered(model, {"gd_step": attack.answer()}, world)
    record = hand_in(book, attack.files, sandboxed)
    assert_nothing_gained(record, ["gd_step"], attack.loses)
    assert_nothing_leaked(record, book)
    assert (ENDED in texts(record, book)) or not attack.ends
    if attack.diagnosis:
        assert record.questions["gd_step"].diagnosis == attack.diagnosis
    assert_nobody_affected(world, sandboxed, neighbour)


@pytest.mark.parametrize("attacks", TOGETHER, ids=lambda attacks: attacks[0].kind)
def test_attacks_by_calls(attacks, sandboxed, world, neighbour):
    pairs = dict(zip(QUESTIONS, attacks, strict=False))
    answers = {question: attack.answer(question) for question, attack in pairs.items()}
    book = answered(solved(LINE), answers, world)
    record = hand_in(book, {}, sandboxed)
    assert_nothing_gained(record, answers, set(QUESTIONS))
    assert_nothing_leaked(record, book)
    for question, attack in pairs.items():
        if attack.diagnosis:
            assert record.questions[question].diagnosis == attack.diagnosis, attack.name
    assert_nobody_affected(world, sandboxed, neighbour)


@pytest.fixture(scope="module")
def marked():
    """The records of submissions by their code."""
    return {}


@pytest.mark.parametrize("attack", EDITS, ids=lambda attack: attack.name)
def test_an_attack_on_cells(attack, sandboxed, model, marked):
    book = solved(LINE)
    find(book, "gd_step-answer")[1].source = attack.source
    attack.change(book)
    rebuilt, _ = rebuild(book, released(LINE))
    names = [grade_id(cell) for cell in released(LINE).cells if grade_id(cell)]
    cells = {grade_id(cell): cell for cell in rebuilt.cells if grade_id(cell)}
    assert [grade_id(cell) for cell in rebuilt.cells if grade_id(cell)] == names
    for each in released(LINE).cells:
        if grade_id(each):
            assert cells[grade_id(each)].metadata == each.metadata
            assert cells[grade_id(each)].cell_type == each.cell_type
    assert "<script>" not in json.dumps(rebuilt)
    code = tuple(cell.source for cell in rebuilt.cells if cell.cell_type == "code" and cell.source)
    if code not in marked:  # the same code has the same mark
        marked[code] = hand_in(rebuilt, {}, sandboxed)
        assert_nothing_leaked(marked[code], rebuilt)
    assert_nothing_gained(marked[code], ["gd_step"], attack.loses)


def one_of_each_kind():
    """Return the check data of an exercise for each kind of result, with its visible cases."""
    paths = sorted((COURSE / "release").glob("*/checks.json"))
    checks = [check for path in paths for check in json.loads(path.read_text()).values()]
    kinds = {
        c["returns"] if isinstance(c["returns"], str) else min(c["returns"]): c for c in checks
    }
    return kinds.items()


@pytest.mark.parametrize(("kind", "check"), one_of_each_kind())
def test_no_forged_observation_stops_the_judge(kind, check):
    exercise = EXERCISES["gd_step"]
    for name, forged in OBSERVATIONS.items():
        seen = [_clean(json.loads(json.dumps(forged)), exercise, "")] * (len(check["cases"]) + 1)
        assert judge(check, check["cases"], seen, show=False).state != RIGHT, name


def test_after_all_attacks_a_full_submission_is_marked_in_full(sandboxed):
    assert failed(hand_in(solved(LINE), {}, sandboxed)) == set()


# In a browser ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def hostile_course(tmp_path_factory):
    """Return a course folder in which one submission tries all that could run in a page."""
    folder = tmp_path_factory.mktemp("hostile") / "course"
    shutil.copytree(LINE, folder / "source" / LINE.name)
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    nbgrader(folder, "generate_assignment", LINE.name)
    book = solved(LINE)
    find(book, "explain")[1].source = "\n\n".join(cell.source for cell in own_text())
    shows = [v4.new_code_cell(attack.answer()) for attack in ATTACKS if attack.kind == SCRIPTS]
    book.cells += [*own_text(), *shows]
    book.metadata["title"] = "</title><script>pwn('title')</script>"
    target = folder / "submitted" / "eve" / LINE.name / "line-fitting.ipynb"
    target.parent.mkdir(parents=True)
    target.write_text(json.dumps(book))
    assert cli(["mark", LINE.name, "--course", str(folder)]) == 0
    nbgrader(folder, "generate_feedback", LINE.name)
    return folder


@pytest.fixture
def watched(page):
    """Give a page that notes what runs in it and what it asks for elsewhere."""
    page.ran, page.asked = [], []
    page.expose_function("pwn", lambda *what: page.ran.append(what))
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("dialog", lambda dialog: page.ran.append(("dialog", dialog.message)))
    return page


def provoke(page, frame):
    """Click what a person may click, and move over the rest."""
    links = frame.get_by_text("click me", exact=True)
    for k in range(links.count()):
        links.nth(k).click(force=True, modifiers=["ControlOrMeta"])
    frame.locator("#notebook b, #notebook h1, #notebook td").evaluate_all(
        "all => all.forEach(one => ['mouseover', 'click', 'focus'].forEach("
        "kind => one.dispatchEvent(new MouseEvent(kind, {bubbles: true}))))"
    )
    page.wait_for_timeout(500)


def assert_nothing_ran(page):
    """Nothing ran, and nothing but the page's own library was asked for elsewhere."""
    assert page.ran == []
    elsewhere = [url for url in page.asked if "192.0.2.1" in url]
    assert elsewhere == []


@pytest.mark.browser
def test_nothing_of_a_student_runs_in_the_feedback_page(hostile_course, watched):
    (path,) = (hostile_course / "feedback").rglob("*.html")
    assert "config=TeX-AMS_CHTML-full,Safe" in path.read_text()  # MathJax without links that run
    watched.goto(path.as_uri(), wait_until="domcontentloaded")
    expect(watched.get_by_text("NOT YET: gd_step")).to_have_count(0)
    expect(watched.get_by_text("RIGHT: gd_step").first).to_be_attached()
    assert watched.locator("#notebook").get_by_text("click me", exact=True).count() > 5
    provoke(watched, watched)
    assert_nothing_ran(watched)


@pytest.mark.browser
def test_nothing_of_a_student_runs_in_the_formgrader(hostile_course, watched, tmp_path):
    with Gradebook(f"sqlite:///{hostile_course / 'gradebook.db'}") as book:
        (submission,) = book.notebook_submissions("line-fitting", LINE.name)
        place = f"formgrader/submissions/{submission.id}/"
    with lab.serve(hostile_course, tmp_path / "private") as url:
        watched.goto(f"{url}/{place}", wait_until="domcontentloaded")
        expect(watched.get_by_text("RIGHT: gd_step").first).to_be_attached()
        provoke(watched, watched)
        assert_nothing_ran(watched)
