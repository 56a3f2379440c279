"""``check`` and ``hint``: the feedback that a learner meets in the notebook.

The cases and messages come from ``checks.json``, the data beside the notebook.
"""

import _thread
import contextlib
import json
import linecache
import re
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from helpers.calls import observe
from helpers.codec import Plain
from helpers.judge import RIGHT, Verdict, judge
from helpers.report import Message, Report

SECONDS = 10  # for all visible cases of one function; the references need a few milliseconds

_hints_given: dict[str, int] = {}


def check(function: Callable[..., Any]) -> None:
    """
    Check a function of yours on the visible cases and say what you see.

    Parameters
    ----------
    function : callable
        The function of the task, for example ``check(mse)``.

    Raises
    ------
    Message
        If the function is not written yet or not right yet; the text names the mistake.
    """
    exercise = _exercise(function, sys._getframe(1))
    verdict = _verdict(exercise, function)
    title = f"{verdict.state.upper()}: {exercise['name']}"
    if verdict.state != RIGHT:
        raise Message(title, *verdict.lines)
    notes = [f"Python gave a warning, which costs nothing: {w}" for w in verdict.warnings[:1]]
    Report(title, *verdict.lines, *notes).show()


def hint(function: Callable[..., Any]) -> None:
    """
    Show the next of three hints for a function: where to look, which relation, the first line.

    Parameters
    ----------
    function : callable
        The function of the task, for example ``hint(mse)``.
    """
    exercise = _exercise(function, sys._getframe(1))
    name, hints = exercise["name"], exercise["hints"]
    number = min(_hints_given.get(name, 0) + 1, len(hints))
    _hints_given[name] = number
    more = (
        "Run the cell again for the next hint." if number < len(hints) else "This is the last hint."
    )
    Report(f"Hint {number} of {len(hints)} for {name}", hints[number - 1], more).show()


def _verdict(exercise: Plain, function: Callable[..., Any]) -> Verdict:
    cases = exercise["cases"]
    seen: list[Plain] = []
    with _stopped_after(SECONDS):
        for observation in observe(function, [case["inputs"] for case in cases]):
            seen.append(observation)
    if len(seen) <= len(cases):  # stopped: the calls that are missing took too long
        seen += [{"timeout": True}] * (len(cases) - len(seen)) + [{}]
    return judge(exercise, cases, seen, show=True)


@contextlib.contextmanager
def _stopped_after(seconds: float) -> Iterator[None]:
    """End the block quietly when the time is over, also inside an endless loop."""
    lock = threading.Lock()
    state = {"running": True, "stopped": False}

    def stop() -> None:
        with lock:
            if state["running"]:
                state["stopped"] = True
                _thread.interrupt_main()

    timer = threading.Timer(seconds, stop)
    timer.daemon = True
    before = signal.getsignal(signal.SIGINT)
    with contextlib.suppress(ValueError):  # only the main thread may; elsewhere there is no limit
        # a server started in the background ignores interrupts
        signal.signal(signal.SIGINT, signal.default_int_handler)
    with contextlib.suppress(RuntimeError):  # a browser build has no threads: no limit there
        timer.start()
    try:
        yield
        with lock:
            state["running"] = False
    except KeyboardInterrupt:
        if not state["stopped"]:
            raise
    finally:
        timer.cancel()
        with contextlib.suppress(ValueError, TypeError):
            signal.signal(signal.SIGINT, before)


def _checks() -> dict[str, Plain]:
    """Return the check data beside the notebook, or those released for this folder."""
    here = Path.cwd()
    for path in (here / "checks.json", here.parent.parent / "release" / here.name / "checks.json"):
        if path.exists():
            return json.loads(path.read_text(encoding="utf-8"))
    raise Message(
        "The file checks.json is missing beside this notebook.",
        "Copy the whole assignment folder again, then restart the kernel and run all cells.",
    )


def _exercise(function: Any, caller: Any) -> Plain:
    """Find the exercise by the name that the function has in the learner's notebook."""
    checks = _checks()
    names = [name for name in checks if caller.f_globals.get(name) is function]
    if len(names) > 1:
        # several names for one function: take the one that is written in the call
        line = linecache.getline(caller.f_code.co_filename, caller.f_lineno)
        written = re.findall(r"\w+", line)
        names = [name for name in names if name in written] or names
    if not names:
        own = getattr(function, "__name__", None)
        names = [own] if own in checks else []
    if not names:
        known = ", ".join(checks)
        what = function if isinstance(function, str) else type(function).__name__
        raise Message(
            f"There is no check for this ({what}).",
            f"Give one of your functions, without quotes: {known}.",
        )
    return checks[names[0]]
