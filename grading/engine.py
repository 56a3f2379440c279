"""The trusted end of the runner: start it, send it work, read plain data back."""

import contextlib
import os
import secrets
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from grading.wire import WireError, pack, receive
from helpers.codec import Plain

CELL_SECONDS = 20.0
QUESTION_SECONDS = 5.0  # for all hidden cases of one function; the references need milliseconds
JOB_SECONDS = 600.0


class EngineError(Exception):
    """A submission that could not be run; the text says why."""


class Engine:
    """
    A runner process that executes notebooks, one after the other.

    Use it as a context manager. The runner gets no environment beyond a fixed list and an
    empty home; its only connection is a pair of pipes. It starts with the first notebook, and anew
    with the next one after :meth:`stop`.
    """

    def __enter__(self) -> "Engine":
        if os.name != "posix":
            raise EngineError(
                "Marking needs Linux or macOS, because it forks. On Windows use the Windows Subsystem for Linux."
            )
        self._home = tempfile.TemporaryDirectory(prefix="downhill-")
        self._process: subprocess.Popen[bytes] | None = None
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self.stop()
        self._home.cleanup()

    def stop(self) -> None:
        """End the runner with all that is half done in it."""
        process: Any = self._process
        if process is not None:
            process.kill()
            process.wait()
            with contextlib.suppress(OSError):  # what was not sent yet
                process.stdin.close()
            process.stdout.close()
            self._process = None

    @contextlib.contextmanager
    def conversation(self) -> Iterator[None]:
        """End the runner if the block fails, so that nothing half done reaches the next one."""
        try:
            yield
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        environment = {
            "PATH": os.defpath,
            "HOME": self._home.name,
            "IPYTHONDIR": self._home.name,
            "MPLCONFIGDIR": self._home.name,
            "LANG": "C.UTF-8",
            "OPENBLAS_NUM_THREADS": "1",
            "OMP_NUM_THREADS": "1",
        }
        # -I: neither the folder nor the environment decides what is imported
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", "grading.runner"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=self._home.name,
            env=environment,
            start_new_session=True,
        )

    def run(self, cells: list[Plain], folder: Path) -> tuple[dict[str, Any], dict[str, str]]:
        """
        Run the cells of a notebook.

        Parameters
        ----------
        cells : list of dict
            ``index``, ``source`` and ``question`` (a function's name, or None for code to run).
        folder : pathlib.Path
            Where the notebook finds its files; it may write there.

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
        if self._process is None or self._process.poll() is not None:
            self.stop()
            self._start()
        answer = self._ask({"cells": cells, "folder": str(folder), "cell_seconds": CELL_SECONDS})
        return answer["outputs"], answer["lost"]

    def call(self, question: str, calls: list[Plain]) -> list[Plain]:
        """Call a function of the notebook that ran last; return one observation a call and a last one."""
        request = {"question": question, "calls": calls, "seconds": QUESTION_SECONDS}
        seen = self._ask(request)
        if not isinstance(seen, list) or len(seen) != len(calls) + 1:
            raise EngineError(f"The answers of {question} were damaged.")
        return seen

    def _ask(self, message: dict[str, Any]) -> Any:
        process: Any = self._process
        pipe = process.stdout.fileno()

        def read(count: int, seconds: float | None) -> bytes:
            ready, _, _ = select.select([pipe], [], [], seconds)
            if not ready:
                raise TimeoutError
            return os.read(pipe, min(count, 65536))

        word = secrets.token_hex(8)
        try:
            process.stdin.write(pack({**message, "word": word}))
            process.stdin.flush()
            reply = receive(read, JOB_SECONDS)
        except (WireError, BrokenPipeError, TimeoutError):
            raise EngineError("The process that runs the notebook was ended from inside.") from None
        if not isinstance(reply, dict) or reply.get("word") != word:
            raise EngineError("The process that runs the notebook was disturbed from inside.")
        return reply["answer"]
