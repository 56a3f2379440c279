"""The trusted end of the runner: start it, send it work, read plain data back."""

import base64
import contextlib
import os
import secrets
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Any

from grading.course import COURSE
from grading.sandbox import ENVIRONMENT, INSIDE, sandboxed, why_not
from grading.wire import WireError, pack, receive
from helpers.codec import Plain

CELL_SECONDS = 20.0
NOTEBOOK_SECONDS = 90.0  # after which cells that do not end are no longer skipped one by one
JOB_SECONDS = 600.0


class EngineError(Exception):
    """A submission that could not be run; the text says why."""


class Engine:
    """
    A sandboxed runner process that executes notebooks, one after the other.

    Use it as a context manager. The runner's only connection is a pair of pipes. It starts with
    the first notebook, and anew with the next one after :meth:`stop`.

    Parameters
    ----------
    figures : bool
        Whether figures are drawn, for a person to look at. Without them all goes faster.
    sandbox : bool
        False runs student code with all that this user may do. Only on a machine with nothing
        worth stealing.
    """

    def __init__(self, figures: bool, sandbox: bool = True) -> None:
        self.figures, self.sandbox = figures, sandbox
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "Engine":
        if os.name != "posix":
            raise EngineError(
                "Marking needs Linux. On Windows use the Windows Subsystem for Linux."
            )
        if self.sandbox and why_not():
            raise EngineError(why_not())
        if not self.sandbox:
            self._home = tempfile.TemporaryDirectory(prefix="downhill-", ignore_cleanup_errors=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.stop()
        if not self.sandbox:
            self._home.cleanup()

    def start(self) -> None:
        """Start the runner, so that it warms up while there is other work."""
        if self._process is not None and self._process.poll() is None:
            return
        self.stop()
        place = INSIDE if self.sandbox else COURSE
        code = f"import sys; sys.path.insert(0, {str(place)!r}); "
        code += f"from grading.runner import main; main({self.sandbox}, {self.figures})"
        if self.sandbox:
            command, settings = sandboxed(code), {}
        else:
            home = {name: self._home.name for name in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR")}
            command, settings = [sys.executable, "-I", "-c", code], ENVIRONMENT | home
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=settings,
            start_new_session=True,
        )
        self._open = False

    def stop(self) -> None:
        """End the runner with all that is half done in it."""
        process: Any = self._process
        if process is not None:
            # all of it: root's sandbox is two processes
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            with contextlib.suppress(OSError):  # what was not sent yet
                process.stdin.close()
            process.stdout.close()
            self._process = None

    @contextlib.contextmanager
    def conversation(self) -> Iterator[None]:
        """End the notebook after the block, and the runner if the block fails."""
        try:
            yield
            self._end()
        except BaseException:
            self.stop()
            raise

    def run(
        self, steps: list[Plain], files: dict[str, bytes]
    ) -> tuple[dict[str, Any], dict[str, str]]:
        """
        Run the cells of a notebook; those that end Python or never end are left out.

        Parameters
        ----------
        steps : list of dict
            What :func:`grading.cells.steps` gives: cells to run, and stops to ask questions at.
        files : dict of bytes
            What stands beside the notebook, by relative path.

        Returns
        -------
        outputs : dict
            Outputs in notebook format by cell index.
        lost : dict
            Why a cell was given up, by cell index.

        Raises
        ------
        EngineError
            If the runner was ended by the notebook.
        """
        end = time.monotonic() + NOTEBOOK_SECONDS
        encoded = {name: base64.b64encode(data).decode() for name, data in files.items()}
        lost: dict[str, str] = {}
        while True:
            self.start()
            self._end()
            job = {"steps": steps, "files": encoded, "skip": list(lost)}
            answer = self._ask({**job, "cell_seconds": CELL_SECONDS})
            self._open = True
            index, reason = answer["lost"] or ("", "")
            if reason and not index:
                raise EngineError("The process that runs the notebook could not begin.")
            known = any(str(step.get("index")) == index for step in steps)
            if not known or index in lost:  # all is well, or there is no way forward
                return answer["outputs"], lost
            lost[index] = reason
            if time.monotonic() > end:
                return answer["outputs"], lost

    def ask(self, asked: list[Plain]) -> list[list[Plain]]:
        """
        Call functions of the notebook that ran last, all in one fresh process.

        Parameters
        ----------
        asked : list of dict
            Questions that share a stop: for each the name of its function as ``question``, the
            inputs of its ``calls``, and the ``seconds`` of processor time that they may take.

        Returns
        -------
        list of list of dict
            For each question one observation a call and a last one, see
            :func:`helpers.calls.observe`.

        Raises
        ------
        EngineError
            If the runner was ended or disturbed.
        """
        seen = self._ask({"asked": asked})
        counts = [len(each["calls"]) + 1 for each in asked]
        lists = isinstance(seen, list) and all(isinstance(each, list) for each in seen)
        if not lists or [len(each) for each in seen] != counts:
            raise EngineError("The answers of the notebook's functions were damaged.")
        return seen

    def _end(self) -> None:
        """End the notebook that ran last, with every process and file that it made."""
        if self._process is not None and self._open:
            self._open = False
            self._send({"end": True})

    def _ask(self, message: dict[str, Any]) -> Any:
        process: Any = self._process
        pipe = process.stdout.fileno()

        def read(count: int, seconds: float | None) -> bytes:
            ready, _, _ = select.select([pipe], [], [], seconds)
            if not ready:
                raise TimeoutError
            return os.read(pipe, min(count, 65536))

        word = secrets.token_hex(8)
        self._send({**message, "word": word})
        try:
            reply = receive(read, JOB_SECONDS)
        except (WireError, TimeoutError):
            raise EngineError("The process that runs the notebook was ended from inside.") from None
        if not isinstance(reply, dict) or reply.get("word") != word:
            raise EngineError("The process that runs the notebook was disturbed from inside.")
        return reply["answer"]

    def _send(self, message: dict[str, Any]) -> None:
        process: Any = self._process
        try:
            process.stdin.write(pack(message))
            process.stdin.flush()
        except BrokenPipeError:
            raise EngineError("The process that runs the notebook was ended from inside.") from None
