"""The process that runs student code: ``python -I -m grading.runner``.

It executes the cells of one notebook after the other, calls functions on inputs that the marker
sends, and returns plain data. It knows no answer and decides nothing.

The main process only forks and forwards. For each notebook it forks a child that runs the cells.
At every question that child forks a checkpoint: a process that keeps the state of this moment and
waits. Only when all cells have run and all outputs are sealed do the inputs go to the checkpoints,
so hidden inputs never meet a process whose output anybody sees. A loop or a crash costs the cell
or the question in which it happens: the cells run again without that cell.
"""

import contextlib
import gc
import os
import resource
import signal
import socket
import sys
import time
from typing import Any

from grading.shell import Shell
from grading.wire import MAX_BYTES, WireError, pack, receive
from helpers.calls import observe

MEMORY = 4 * 2**30  # bytes of address space for one process
MAX_SHOWN = MAX_BYTES // 2  # bytes of outputs of one notebook
TOO_MUCH = "… (this notebook shows too much; the outputs of this cell were left out)"


def main() -> None:
    """Serve jobs from standard input until it ends."""
    # keep the channel to the marker away from what student code sees as stdin and stdout
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    Shell.warm_up()
    gc.freeze()
    with contextlib.suppress(WireError):  # the marker is gone
        while True:
            job = _take(incoming)
            run = Notebook(job, private=(incoming, outgoing))
            _reply(outgoing, job, {"outputs": run.outputs, "lost": run.lost})
            for _ in run.checkpoints:
                request = _take(incoming)
                seen = run.call(request["question"], request["calls"], request["seconds"])
                _reply(outgoing, request, seen)
            run.close()


def _take(incoming: int) -> Any:
    return receive(lambda count, _: os.read(incoming, count))


def _reply(outgoing: int, request: Any, answer: Any) -> None:
    # the request's secret word shows the marker that no student code made up the answer
    data = memoryview(pack({"word": request["word"], "answer": answer}))
    while data:
        data = data[os.write(outgoing, data) :]


def _reader(sock: socket.socket) -> Any:
    def read(count: int, seconds: float | None) -> bytes:
        sock.settimeout(seconds)
        try:
            return sock.recv(min(count, 65536))
        except ConnectionError:
            return b""

    return read


class Notebook:
    """One submitted notebook: its cells run once, its questions are kept as checkpoints."""

    def __init__(self, job: dict[str, Any], private: tuple[int, ...]) -> None:
        self.private = private  # descriptors that student code must not inherit
        self.cells = job["cells"]
        self.folder = job["folder"]
        self.seconds = job["cell_seconds"]
        questions = [cell["question"] for cell in self.cells if cell["question"]]
        self.checkpoints = {name: socket.socketpair() for name in questions}
        self.outputs: dict[str, list[Any]] = {}
        self.room = MAX_SHOWN
        self.lost: dict[str, str] = {}  # cell index -> why it was given up
        self.groups: list[int] = []
        self.reached: set[str] = set()
        while not self._run_cells():
            pass
        for _, theirs in self.checkpoints.values():
            theirs.close()

    def _run_cells(self) -> bool:
        """Run all cells that are not lost; on a loop or a crash note the cell and return False."""
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            ours.close()
            self._close_private()
            self._child(theirs)
        theirs.close()
        with contextlib.suppress(OSError):
            os.setpgid(child, child)
        self.groups.append(child)
        current, reason = "0", "ended Python"
        try:
            while True:
                message = receive(_reader(ours), self.seconds)
                if "done" in message:
                    return True
                if "reached" in message:
                    self.reached.add(message["reached"])
                elif "start" in message:
                    current = str(int(message["start"]))
                else:
                    self._keep(current, list(message["outputs"]))
        except TimeoutError:
            reason = f"ran for more than {self.seconds:g} seconds"
        except (WireError, KeyError, TypeError, ValueError, RecursionError):
            pass
        finally:
            ours.close()
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(child, 0)
        known = any(str(cell["index"]) == current for cell in self.cells)
        if not known or current in self.lost:
            return True  # no way forward: the rest stays unreached
        self.lost[current] = reason
        return False

    def _keep(self, index: str, outputs: list[Any]) -> None:
        """Keep the outputs of a cell as long as those of the notebook fit into one message."""
        size = len(pack(outputs))
        if size > self.room:
            outputs = [{"output_type": "stream", "name": "stdout", "text": TOO_MUCH}]
        else:
            self.room -= size
        self.outputs[index] = outputs

    def _close_private(self) -> None:
        for descriptor in self.private:
            os.close(descriptor)
        for ours, _ in self.checkpoints.values():
            ours.close()

    def _child(self, channel: socket.socket) -> None:
        """Run the cells; this is where student code lives."""
        _limit(resource.RLIMIT_AS, MEMORY)
        _limit(resource.RLIMIT_CORE, 0)
        os.chdir(self.folder)
        sys.path.insert(0, "")
        shell = Shell()
        for cell in self.cells:
            index = str(cell["index"])
            if cell["question"]:
                if cell["question"] not in self.reached:
                    self._checkpoint(cell["question"], shell, channel)
            elif index not in self.lost:
                channel.sendall(pack({"start": index}))
                channel.sendall(pack({"outputs": shell.run(cell["source"])}))
        channel.sendall(pack({"done": True}))
        os._exit(0)

    def _checkpoint(self, question: str, shell: Shell, channel: socket.socket) -> None:
        """Fork a process that keeps the state of this moment and waits for inputs."""
        if os.fork() == 0:
            channel.close()
            theirs = self.checkpoints[question][1]
            for name, (_, other) in self.checkpoints.items():
                if name != question:
                    other.close()
            _answer(question, shell, theirs)
        self.checkpoints[question][1].close()
        channel.sendall(pack({"reached": question}))

    def call(self, question: str, calls: list[Any], seconds: float) -> list[Any]:
        """Send inputs to a checkpoint and return its observations, the missing ones named."""
        ours = self.checkpoints[question][0]
        seen: list[Any] = []
        if question not in self.reached:
            return _missing(calls)
        reason = {"died": True}
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            ours.settimeout(seconds)
            ours.sendall(pack({"calls": calls, "seconds": seconds}))
        try:
            while len(seen) <= len(calls):
                seen.append(receive(_reader(ours), max(0.01, end - time.monotonic())))
        except TimeoutError:
            reason = {"timeout": True}
        except WireError:
            if time.monotonic() > end - 0.2 * seconds:
                reason = {"timeout": True}  # the processor-time limit ended it
        ours.close()
        return _filled(seen, calls, reason)

    def close(self) -> None:
        """End every process that the notebook left behind."""
        for ours, _ in self.checkpoints.values():
            ours.close()
        for group in self.groups:
            with contextlib.suppress(OSError):
                os.killpg(group, signal.SIGKILL)


def _filled(seen: list[Any], calls: list[Any], reason: dict[str, bool]) -> list[Any]:
    missing = len(calls) - len(seen)
    return seen + [reason] * missing + [{}] if len(seen) <= len(calls) else seen


def _answer(question: str, shell: Shell, channel: socket.socket) -> None:
    """Wait for the inputs of one question, call the function, send what is observed."""
    try:
        request = receive(_reader(channel))
        _limit(resource.RLIMIT_CPU, int(request["seconds"]) + 1)
        function, calls = shell.user_ns.get(question), request["calls"]
        seen = observe(function, calls) if callable(function) else _missing(calls)
        for observation in seen:
            channel.sendall(pack(observation))
    finally:
        os._exit(0)


def _missing(calls: list[Any]) -> list[Any]:
    return [{"missing": True}] * len(calls) + [{}]


def _limit(kind: int, value: int) -> None:
    with contextlib.suppress(ValueError, OSError):  # a lower limit may already be in force
        resource.setrlimit(kind, (value, value))


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        main()
