"""The attack corpus on the real engine: nothing gained, nothing leaked, no neighbour affected."""

import copy
import json
import os
import socket
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path

import pytest
from attacks import ATTACKS, ENDED, LEFT, METADATA, PRELUDE, WON
from nbformat import v4
from test_marking import LINE, failed, released, solved

from grading.course import COURSE
from grading.engine import Engine
from grading.exercise import load_exercises
from grading.marker import hidden_calls, mark_notebook
from grading.nbgrader_plugins import feedback
from grading.rebuild import grade_id, rebuild

SHOWN = {"text/plain", "image/png", "image/jpeg"}
SECRET = "a-secret-that-no-submission-may-see"
EXERCISES = load_exercises(LINE / "exercises.py")

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


def hand_in(book, files, engine, folder):
    """Mark a submitted notebook with the files beside it; the only place that knows how."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return mark_notebook(book, EXERCISES, folder, engine)


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
    with pytest.MonkeyPatch.context() as patch, Engine() as engine:
        patch.setenv("DOWNHILL_SECRET", SECRET)
        patch.setattr("grading.engine.CELL_SECONDS", 3.0)
        patch.setattr("grading.engine.QUESTION_SECONDS", 2.0)
        look = f"import os\nos.kill({world['bystander'].pid}, 0)"
        book = v4.new_notebook(cells=[v4.new_code_cell(look)])
        (output,) = hand_in(book, {}, engine, Path(world["HOME"])).outputs["0"]
        if output.get("ename") not in ("ProcessLookupError", "PermissionError"):
            pytest.fail("No attack is let loose here: the runner sees this machine's processes.")
        yield engine


@pytest.fixture(scope="module")
def model():
    """The model solution, without the picture that takes most of the time."""
    book = solved(LINE)
    book.cells = [c for c in book.cells if "explore_learning_rate(" not in c.source]
    return book


@pytest.fixture(scope="module")
def neighbour(model):
    """An honest submission with one question, which looks for what others have left."""
    wanted = ("setup", "predict_line-answer", "predict_line")
    book = copy.deepcopy(model)
    book.cells = [v4.new_code_cell(PROBE), *(c for c in book.cells if grade_id(c) in wanted)]
    return book


def submission(attack, model, world):
    """Return the notebook of an attack on the released structure, as marking gets it."""
    book = copy.deepcopy(model)
    source = attack.source
    for name, value in world.items():
        source = source.replace(f"@{name}@", repr(value))
    place = next(k for k, c in enumerate(book.cells) if grade_id(c) == "gd_step-answer")
    book.cells[place].source = source
    book.cells.insert(place, v4.new_code_cell(PRELUDE))
    if attack.change is not None:
        attack.change(book)
    if attack.kind == METADATA:
        return rebuild(book, released(LINE))[0]
    return book


def texts(record):
    """Return all that is kept of a submission: record, outputs, feedback."""
    said = [feedback(name, mark) for name, mark in record.questions.items()]
    return json.dumps([asdict(record), said])


def hidden_numbers(record):
    """Return the hidden slopes and intercepts of gd_step as texts."""
    calls = hidden_calls(EXERCISES["gd_step"], record.submission).inputs
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


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: f"{attack.kind}: {attack.name}")
def test_an_attack(attack, sandboxed, model, neighbour, world, tmp_path):
    before = {path: path.read_bytes() for path in Path(world["COURSE"]).rglob("*.*")}
    record = hand_in(submission(attack, model, world), attack.files, sandboxed, tmp_path)

    # nothing gained, and the honest parts have all their points
    mark = record.questions["gd_step"]
    assert mark.score == 0
    assert failed(record) <= attack.loses
    for name, question in record.questions.items():
        assert question.points == EXERCISES[name].points
    if attack.diagnosis:
        assert mark.diagnosis == attack.diagnosis

    # nothing leaked
    kept = texts(record)
    assert WON not in kept
    assert SECRET not in kept
    assert [number for number in hidden_numbers(record) if number in kept] == []
    assert {
        m for shown in record.outputs.values() for o in shown for m in o.get("data", {})
    } <= SHOWN
    assert (ENDED in kept) or not attack.ends

    # no neighbour affected
    for listener in world["listeners"]:
        with pytest.raises(BlockingIOError):
            listener.accept()
    assert world["bystander"].poll() is None
    assert {path: path.read_bytes() for path in Path(world["COURSE"]).rglob("*.*")} == before
    assert eventually_none(left_processes) == []
    after = hand_in(neighbour, {}, sandboxed, tmp_path)
    assert failed(after) == set()
    assert LEFT not in texts(after)
    assert not after.lost


def test_after_all_attacks_a_full_submission_is_marked_in_full(sandboxed, tmp_path):
    assert failed(hand_in(solved(LINE), {}, sandboxed, tmp_path)) == set()
