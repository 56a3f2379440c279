"""Start JupyterLab with the course's own command, and drive it in Chromium."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conftest import chromium
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright

from grading.course import COURSE, environment

SECONDS = 120  # for one thing to happen on a slow, busy machine
PRIVATE = {
    "HOME": "home",
    "JUPYTER_CONFIG_DIR": "config",
    "JUPYTER_DATA_DIR": "data",
    "JUPYTER_RUNTIME_DIR": "runtime",
    "IPYTHONDIR": "ipython",
}
SETTINGS = {
    "ServerApp": {"port_retries": 0, "ip": "127.0.0.1"},
    "IdentityProvider": {"token": ""},
}
SCREENSHOTS = COURSE / "tests" / "screenshots"  # ignored by git
COPIED = ("course", "release", "source", "solutions")


def copy_course(folder: Path) -> Path:
    """Copy what `downhill lab` needs of the course, so that no test writes into the repository."""
    without = shutil.ignore_patterns("__pycache__", ".ipynb_checkpoints")
    for name in COPIED:
        shutil.copytree(COURSE / name, folder / name, ignore=without)
    shutil.copy(COURSE / "nbgrader_config.py", folder)
    return folder


@contextlib.contextmanager
def serve(folder: Path, private: Path) -> Iterator[str]:
    """Run `downhill lab` on a course folder with private settings, and give its address."""
    places = {name: private / part for name, part in PRIVATE.items()}
    for place in places.values():
        place.mkdir(parents=True)
    (private / "config" / "jupyter_server_config.json").write_text(json.dumps(SETTINGS))
    port = _free_port()
    given = [] if folder == COURSE else [str(folder)]
    log = private / "server.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            ["downhill", "lab", *given, "--no-browser", "--port", str(port)],
            cwd=private,
            env={**environment(), **{name: str(place) for name, place in places.items()}},
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_for(url, server, log)
        yield url
    finally:
        _stop(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(url: str, server: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and server.poll() is None:
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"{url}/api/status", timeout=SECONDS).close()
            return
        time.sleep(0.1)
    raise RuntimeError(f"JupyterLab did not start:\n{log.read_text()[-3000:]}")


def _stop(server: subprocess.Popen) -> None:
    """End the server, which ends its kernels; then whatever of its group is left."""
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself
        os.killpg(server.pid, signal.SIGTERM)
    end = time.monotonic() + 20
    while time.monotonic() < end and _group_lives(server):
        time.sleep(0.1)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)


def _group_lives(server: subprocess.Popen) -> bool:
    server.poll()  # reap it: a zombie would keep the group alive
    try:
        os.killpg(server.pid, 0)
    except ProcessLookupError:
        return False
    return True


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start the Chromium of this machine."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(executable_path=chromium())
        yield chrome
        chrome.close()


def new_page(chrome: Browser, **options: Any) -> Page:
    """Open a page that waits long enough and notes what goes wrong in `page.faults`."""
    context = chrome.new_context(viewport={"width": 1280, "height": 1000}, **options)
    context.set_default_timeout(1000 * SECONDS)
    page = context.new_page()
    page.faults = faults = []
    page.on("pageerror", lambda error: faults.append(f"error in the page: {error}"))
    page.on("console", lambda m: faults.append(f"console: {m.text}") if m.type == "error" else None)
    page.on(
        "response",
        lambda r: (
            faults.append(f"{r.status} {r.request.method} {r.url}") if r.status >= 400 else None
        ),
    )
    return page


def open_notebook(page: Page, url: str, path: str) -> None:
    """Open a notebook in JupyterLab and wait for its kernel."""
    page.goto(f"{url}/lab/tree/{path}?reset")
    # JupyterLab adds the cells little by little
    page.wait_for_function(
        """async (path) => {
            const file = await (await fetch('/api/contents/' + path)).json();
            return document.querySelectorAll('.jp-Cell').length === file.content.cells.length;
        }""",
        arg=path,
    )
    wait_idle(page)


def wait_idle(page: Page) -> None:
    """Wait until the kernel is there and has nothing to do."""
    # the notebook's own indicator says idle before there is a kernel; the status bar does not
    idle = page.locator("#jp-main-statusbar").get_by_text("| Idle")
    expect(idle).to_be_visible(timeout=1000 * SECONDS)


def shut_kernels_down(page: Page) -> None:
    """End all kernels by the server's REST interface, as a kernel that crashed would end."""
    page.evaluate(
        """async () => {
            const headers = {'X-XSRFToken': document.cookie.match(/_xsrf=([^;]+)/)[1]};
            const kernels = await (await fetch('/api/kernels')).json();
            for (const {id} of kernels)
                await fetch(`/api/kernels/${id}`, {method: 'DELETE', headers});
            if ((await (await fetch('/api/kernels')).json()).length) throw 'a kernel still lives';
        }"""
    )


def menu(page: Page, *path: str) -> None:
    """Choose an entry of JupyterLab's menu bar, such as Settings, Theme, JupyterLab Dark."""
    page.locator(".lm-MenuBar-itemLabel").get_by_text(path[0], exact=True).click()
    for entry in path[1:]:
        page.locator(".lm-Menu-itemLabel").get_by_text(entry, exact=True).click()


def run_all(page: Page) -> None:
    """Run all cells and wait until each has its number."""
    menu(page, "Run", "Run All Cells")
    # textContent: innerText is empty for cells that are off the screen
    page.wait_for_function(
        """() => [...document.querySelectorAll('.jp-CodeCell')]
                 .filter(cell => !cell.querySelector('.jp-InputPlaceholder'))  // folded
                 .every(cell => /\\[\\d+\\]/.test(
                     cell.querySelector('.jp-InputPrompt').textContent))"""
    )
    wait_idle(page)


def cell(page: Page, source: str) -> Locator:
    """Find the code cell whose text begins so."""
    code = page.locator(".cm-content").filter(has_text=re.compile(rf"^\s*{re.escape(source)}"))
    return page.locator(".jp-CodeCell").filter(has=code)


def write(page: Page, where: Locator, source: str) -> None:
    """Replace the text of a cell, as typing does but without completion of brackets."""
    where.locator(".cm-content").click()
    expect(where).to_contain_class("jp-mod-active", timeout=1000 * SECONDS)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(source)


def run(page: Page, where: Locator) -> Locator:
    """Run one cell and return its output."""
    prompt = where.locator(".jp-InputPrompt")
    before = prompt.text_content()
    where.locator(".cm-content").click()
    expect(where).to_contain_class("jp-mod-active", timeout=1000 * SECONDS)
    page.keyboard.press("ControlOrMeta+Enter")
    expect(prompt).not_to_have_text(before or "", timeout=1000 * SECONDS)
    expect(prompt).to_have_text(re.compile(r"\[\d+\]"), timeout=1000 * SECONDS)
    return where.locator(".jp-OutputArea")


def photograph(page: Page, parts: dict[str, Locator]) -> None:
    """Save pictures of parts of a page in both themes, for people to look at."""
    SCREENSHOTS.mkdir(exist_ok=True)
    for theme in ("dark", "light"):
        set_theme(page, theme)
        for name, part in parts.items():
            with room_for(page, part):
                part.hover(trial=True)  # waits until JupyterLab has laid out what it scrolled to
                part.screenshot(path=SCREENSHOTS / f"{name}-{theme}.png", animations="disabled")


@contextlib.contextmanager
def room_for(page: Page, part: Locator) -> Iterator[None]:
    """Make the window high enough for a part: JupyterLab scrolls inside, and cuts what is higher."""
    before, box = page.viewport_size, part.bounding_box()
    page.set_viewport_size({**before, "height": max(before["height"], int(box["height"]) + 300)})
    yield
    page.set_viewport_size(before)


def set_theme(page: Page, theme: str) -> None:
    """Choose the light or the dark theme and wait until the page shows it."""
    menu(page, "Settings", "Theme", f"JupyterLab {theme.title()}")
    body = page.locator(f"body[data-jp-theme-light={'true' if theme == 'light' else 'false'}]")
    expect(body).to_be_attached(timeout=1000 * SECONDS)
