"""What the tests share: the course's exercises, and one clear line for what a machine lacks."""

import os
import re
import shutil
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

from grading.course import COURSE, units
from grading.demo import make_course, mark_course
from grading.engine import Engine
from grading.exercise import load_exercises

TOGETHER = (
    "tests/test_browser.py",
    "tests/test_nbgrader.py",
    "tests/test_report.py::test_the_page_is_whole",
    "tests/test_attacks.py::test_nothing_of_a_student",
    "tests/test_course.py::test_release_and_solutions",
)
# each of these shares a class, a server or an engine among its tests
ALONE = ("tests/test_gradebook.py", "tests/test_class.py")
GET_CHROMIUM = "Chromium (`apt-get install chromium`, on macOS `brew install --cask chromium`)"


@pytest.fixture(scope="session")
def demo_course(tmp_path_factory):
    """Return a course folder with the demonstration class released, marked and exported."""
    folder = tmp_path_factory.mktemp("demo") / "course"
    make_course(folder)
    mark_course(folder)
    return folder


@pytest.fixture(scope="session")
def engine():
    """Give a runner that is warm already."""
    with Engine(figures=False) as running:
        yield running


@pytest.fixture(scope="session")
def chrome():
    """The browser of all tests."""
    import lab  # it needs this module

    lab.expect.set_options(timeout=1000 * lab.SECONDS)
    with lab.browser() as started:
        yield started


@pytest.fixture
def page(chrome):
    """An empty page."""
    import lab

    opened = lab.new_page(chrome)
    yield opened
    opened.context.close()


def all_exercises():
    """Return (unit folder, exercise) for every exercise of the course."""
    return [
        (unit, exercise)
        for unit in units(COURSE)
        for exercise in load_exercises(unit / "exercises.py").values()
    ]


def pytest_collection_modifyitems(items):
    """Skip browser tests where there is no browser; CI allows no skip."""
    if chromium() is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def pytest_xdist_make_scheduler(config, log):
    """Keep the tests that share the marked class or the browser in one process."""
    return Scheduler(config, log)


class Scheduler(LoadScopeScheduling):
    """Sends each test where there is room, those of some files all to one process."""

    def _split_scope(self, nodeid):
        if nodeid.startswith(TOGETHER):
            return "together"
        if nodeid.startswith(ALONE):
            return nodeid.partition("::")[0]
        if nodeid.startswith("tests/test_graders.py") and nodeid.endswith("]"):
            return re.split(r"[-\[]", nodeid)[-1]  # one exercise's data are made once
        return nodeid


def pytest_terminal_summary(terminalreporter):
    """Say in one line what was not tested and how to get it."""
    if terminalreporter.stats.get("skipped"):
        missing = "see the reasons above (pytest -rs)" if chromium() else f"missing: {GET_CHROMIUM}"
        terminalreporter.write_line(f"Not everything was tested; {missing}.")


def pytest_sessionfinish(session, exitstatus):
    """Fail where DOWNHILL_NO_SKIP is set and a test was skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("DOWNHILL_NO_SKIP") and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def chromium():
    """Return the path of a Chromium or Chrome on this machine, or None."""
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
    mac = Path("/Applications/Chromium.app/Contents/MacOS/Chromium")
    found = next((path for name in names if (path := shutil.which(name))), None)
    return found or (str(mac) if mac.exists() else None)
