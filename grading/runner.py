"""The process that runs student code, in the sandbox. It knows no answer and decides nothing.

The main process imports what notebooks import and then only forks. For each notebook a keeper gets
rooms of its own (:mod:`grading.isolation`): the first process of a new tree, with empty folders.
It forks a child without any privilege, which runs the cells. Where questions stand that child forks
a checkpoint: a process that keeps the state of this moment and waits. Only when all cells have run
and all outputs are sealed do inputs go to forks of the checkpoints, so hidden inputs never meet a
process whose output anybody sees. When the keeper ends, everything in its rooms ends with it.
"""

import base64
import contextlib
import gc
import math
import os
import resource
import select
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FunctionType
from typing import Any

from grading import isolation
from grading.isolation import limit
from grading.shell import MAX_OUTPUTS, Shell
from grading.wire import MAX_BYTES, WireError, pack, receive
from helpers.calls import observe
from helpers.codec import MAX_DEPTH

MEMORY = 2 * 2**30  # bytes: address space of one process, and what all of one notebook may use
PROCESSES = 150  # of one user, the runner's own and one for each checkpoint among them
FILE = 64 * 2**20  # bytes of one file that a submission writes
OPEN = 256  # files open at once
CELLS_CPU = 120  # seconds of processor time for all cells of a notebook
MAX_SHOWN = MAX_BYTES // 2  # bytes of outputs of one notebook
MAX_ANSWERS = MAX_BYTES // 4  # bytes of observations at once; packed anew they may be thrice that
MAX_NESTING = 4 * MAX_DEPTH  # of what a call returned; each container takes two levels
PATIENCE = 20.0  # seconds that a checkpoint may take to tell how its fork ended
LOOK = 0.1  # seconds between two looks at the memory in use
TOO_MUCH = "… (this notebook shows too much; the outputs of this cell were left out)"


def main(sandboxed: bool, figures: bool) -> None:
    """Serve notebooks from standard input until it ends."""
    # keep the channel to the marker away from what student code sees as stdin and stdout
    incoming, outgoing = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    shell = Shell.warm(figures)
    gc.freeze()
    if sandboxed:
        isolation.keep_memory_private()
    while True:
        job = receive(lambda count, _: os.read(incoming, count))
        serve = partial(_serve, shell, job, incoming, outgoing, sandboxed)
        status = _in_a_fork(partial(_in_rooms, serve) if sandboxed else serve)
        if status != 0:  # nobody knows what the marker was told: it has to begin anew
            os._exit(1)


def _serve(*conversation: Any) -> None:
    Keeper(*conversation).serve()


def _in_a_fork(work: Callable[[], None]) -> int:
    """Do something in a process of its own and return how it ended."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        with contextlib.suppress(ProcessLookupError):  # in the sandbox its tree ended with it
            os.killpg(child, signal.SIGKILL)
        return status
    status = 1
    try:
        work()
        status = 0
    finally:
        os._exit(status)


def _in_rooms(work: Callable[[], None]) -> None:
    """Do something as the first process of a new tree, and watch the memory of that tree."""
    spare = set(_processes())
    isolation.own_processes()
    first = os.fork()
    if first == 0:
        try:
            isolation.own_folders()
            work()
        except BaseException:
            os._exit(1)
        os._exit(0)
    ended = os.pidfd_open(first)
    spare |= {first, os.getpid()}
    usual = _resident(os.getpid())
    while not select.select([ended], [], [], LOOK)[0]:
        theirs = [pid for pid in _processes() if pid not in spare]
        if sum(max(0, _resident(pid) - usual) for pid in theirs) < MEMORY:
            continue
        used = {pid: _own_share(pid) for pid in theirs}  # slow, so only when it may be too much
        if sum(used.values()) > MEMORY:
            with contextlib.suppress(OSError):
                os.kill(max(used, key=used.__getitem__), signal.SIGKILL)
    os._exit(1 if os.waitpid(first, 0)[1] else 0)


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds, 0 if it ended."""
    with contextlib.suppress(OSError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    return 0


def _own_share(pid: int) -> int:
    """Return the bytes of memory that a process holds, what it shares divided by how many do."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return 0


class Reader:
    """Reads from a socket for :func:`grading.wire.receive`, and counts the bytes."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock, self._ahead, self.received = sock, b"", 0

    def __call__(self, count: int, seconds: float | None) -> bytes:
        """Return at most so many bytes, b"" at the end."""
        if not self._ahead:
            self._sock.settimeout(seconds)
            with contextlib.suppress(ConnectionError):
                self._ahead = self._sock.recv(65536)
            self.received += len(self._ahead)
        part, self._ahead = self._ahead[:count], self._ahead[count:]
        return part


class Keeper:
    """Keeps one submitted notebook: runs its cells once and asks its checkpoints."""

    def __init__(
        self, shell: Shell, job: dict[str, Any], incoming: int, outgoing: int, sandboxed: bool
    ) -> None:
        self.shell, self.job, self.sandboxed = shell, job, sandboxed
        self.incoming, self.outgoing = incoming, outgoing
        stops = [step["questions"] for step in job["steps"] if "questions" in step]
        self.checkpoints = [socket.socketpair() for _ in stops]
        self.place = {name: k for k, names in enumerate(stops) for name in names}
        self.outputs: dict[str, list[Any]] = {}
        self.room = MAX_SHOWN
        self.reached: set[int] = set()  # the checkpoints that wait

    def serve(self) -> None:
        """Run the cells, then answer until the marker has asked all that it wants."""
        lost = self._run_cells()
        self._reply(self.job, {"outputs": self.outputs, "lost": lost})
        while True:
            request = receive(lambda count, _: os.read(self.incoming, count))
            if "end" in request:
                break
            self._reply(request, self._ask(request["asked"]))

    def _reply(self, request: Any, answer: Any) -> None:
        # the request's secret word shows the marker that no student code made up the answer
        data = memoryview(pack({"word": request["word"], "answer": answer}))
        while data:
            data = data[os.write(self.outgoing, data) :]

    def _run_cells(self) -> list[str] | None:
        """Run the cells; return the index of the one that did not end, and why."""
        if not self.sandboxed:
            os.setpgid(0, 0)
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            try:
                self._close_private(ours)
                self._child(theirs)
            finally:
                os._exit(1)
        theirs.close()
        for _, other in self.checkpoints:
            other.close()
        current, reason, read = "", "ended Python", Reader(ours)
        try:
            while True:
                message = receive(read, self.job["cell_seconds"])
                if "done" in message:
                    return None
                if "reached" in message:
                    self.reached.add(int(message["reached"]))
                elif "start" in message:
                    current = str(int(message["start"]))
                else:
                    self._keep(current, list(message["outputs"])[:MAX_OUTPUTS])
        except TimeoutError:
            reason = f"ran for more than {self.job['cell_seconds']:g} seconds"
        except (WireError, KeyError, TypeError, ValueError, OverflowError, RecursionError):
            pass
        finally:
            ours.close()
            with contextlib.suppress(OSError):
                os.kill(child, signal.SIGKILL)
            with contextlib.suppress(OSError):
                os.waitpid(child, 0)
        return [current, reason]

    def _keep(self, index: str, outputs: list[Any]) -> None:
        """Keep the outputs of a cell as long as those of the notebook fit into one message."""
        size = len(pack(outputs))
        if size > self.room:
            outputs = [{"output_type": "stream", "name": "stdout", "text": TOO_MUCH}]
        else:
            self.room -= size
        self.outputs[index] = outputs

    def _close_private(self, *more: socket.socket) -> None:
        """Close what student code must not inherit."""
        os.close(self.incoming)
        os.close(self.outgoing)
        for sock in [*more, *(ours for ours, _ in self.checkpoints)]:
            sock.close()

    def _child(self, channel: socket.socket) -> None:
        """Run the cells; this is where student code lives."""
        self._write_files()
        for kind, value in (
            (resource.RLIMIT_AS, MEMORY),
            (resource.RLIMIT_CORE, 0),
            (resource.RLIMIT_CPU, CELLS_CPU),
            (resource.RLIMIT_FSIZE, FILE),
            (resource.RLIMIT_NOFILE, OPEN),
        ):
            limit(kind, value)
        if self.sandboxed:
            limit(resource.RLIMIT_NPROC, PROCESSES)
            isolation.give_up_privileges()
            isolation.keep_to_itself()
        sys.path.insert(0, "")
        shell = self.shell
        for step in self.job["steps"]:
            if "questions" in step:
                self._checkpoint(self.place[step["questions"][0]], shell, channel)
            elif (index := str(step["index"])) not in self.job["skip"]:
                channel.sendall(pack({"start": index}))
                channel.sendall(pack({"outputs": shell.run(step["source"])}))
        channel.sendall(pack({"done": True}))
        os._exit(0)

    def _write_files(self) -> None:
        """Put the submission's files into the folder in which its notebook runs."""
        home = Path(os.environ["HOME"])
        home.mkdir(exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix="work-", dir=home))
        os.chdir(work)
        for name, data in self.job["files"].items():
            path = work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(data))

    def _checkpoint(self, number: int, shell: Shell, channel: socket.socket) -> None:
        """Fork a process that keeps the state of this moment and waits."""
        if os.fork() == 0:
            channel.close()
            for k, (_, theirs) in enumerate(self.checkpoints):
                if k != number:
                    theirs.close()
            _wait(shell, self.checkpoints[number][1])
        self.checkpoints[number][1].close()
        channel.sendall(pack({"reached": number}))

    def _ask(self, asked: list[dict[str, Any]]) -> list[list[Any]]:
        """Ask questions of one checkpoint in one fork of it; name what is missing in the answers."""
        number = self.place.get(asked[0]["question"])
        if number not in self.reached:
            return [_missing(each["calls"]) for each in asked]
        control = self.checkpoints[number][0]
        ours, theirs = socket.socketpair()
        seen: list[list[Any]] = [[] for _ in asked]
        reason = {"died": True}
        # other processes may run beside this one
        end = time.monotonic() + 2 * sum(each["seconds"] for each in asked) + 1
        try:
            with theirs:
                socket.send_fds(control, [b"?"], [theirs.fileno()])
            ours.settimeout(end - time.monotonic())
            ours.sendall(pack(asked))
            self._read(ours, asked, seen, end)
        except TimeoutError:
            reason = {"timeout": True}
        except (OSError, WireError):
            pass
        ours.close()
        if self._ended_by_limit(number):
            reason = {"timeout": True}
        pairs = zip(seen, asked, strict=True)
        return [_filled(answers, each["calls"], reason) for answers, each in pairs]

    def _read(
        self, ours: socket.socket, asked: list[Any], seen: list[list[Any]], end: float
    ) -> None:
        """Read observations, as many as fit into one message, into the list of each question."""
        read = Reader(ours)
        for answers, each in zip(seen, asked, strict=True):
            while len(answers) <= len(each["calls"]):
                observation = receive(read, max(0.01, end - time.monotonic()))
                if _deep(observation, MAX_NESTING) or read.received > MAX_ANSWERS:
                    return
                answers.append(observation)

    def _ended_by_limit(self, number: int) -> bool:
        """End the fork that answered, and tell whether the limit of processor time had done so."""
        read = Reader(self.checkpoints[number][0])
        with contextlib.suppress(
            OSError, WireError, KeyError, TypeError, ValueError, OverflowError
        ):
            process = int(receive(read, PATIENCE)["process"])
            if process > 1:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
                return receive(read, PATIENCE)["ended"] == signal.SIGXCPU
        self.reached.discard(number)  # it does not keep to the rules
        return False


def _deep(plain: Any, most: int) -> bool:
    """Tell whether plain data are nested deeper than any honest observation."""
    inner = plain.values() if isinstance(plain, dict) else plain if isinstance(plain, list) else ()
    return most < 0 or any(_deep(each, most - 1) for each in inner if isinstance(each, dict | list))


def _filled(seen: list[Any], calls: list[Any], reason: dict[str, bool]) -> list[Any]:
    missing = len(calls) - len(seen)
    return seen + [reason] * missing + [{}] if len(seen) <= len(calls) else seen


def _wait(shell: Shell, control: socket.socket) -> None:
    """Fork for each socket that comes; the inputs come by that socket, so they never are in here."""
    try:
        while True:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not descriptors:
                break
            process = os.fork()
            if process == 0:
                control.close()
                _answer(shell, socket.socket(fileno=descriptors[0]))
            os.close(descriptors[0])
            control.sendall(pack({"process": process}))
            status = os.waitpid(process, 0)[1]
            control.sendall(pack({"ended": os.WTERMSIG(status)}))
    finally:
        os._exit(0)


def _answer(shell: Shell, channel: socket.socket) -> None:
    """Receive inputs of some questions, call the functions, send what is observed."""
    try:
        asked = receive(Reader(channel))
        total = sum(each["seconds"] for each in asked)
        kept = dict(shell.user_ns)  # so that no other value gets the id of one of these
        before = _state(kept)
        for each in asked:
            if _state(shell.user_ns) != before:
                break  # the next function shall not live on what another left behind
            _limit_time(each["seconds"], total)
            function, calls = shell.user_ns.get(each["question"]), each["calls"]
            seen = observe(function, calls) if callable(function) else _missing(calls)
            for observation in seen:
                channel.sendall(pack(observation))
    finally:
        os._exit(0)


def _state(names: dict[str, Any]) -> dict[str, tuple[int, int]]:
    """Return what tells of most traces of a call: which value each name has, and how large it is."""
    return {name: (id(value), _size(value)) for name, value in names.items()}


def _size(value: Any) -> int:
    if type(value) is FunctionType:
        return len(vars(value)) + sum(map(_items, value.__defaults__ or ()))
    return _items(value)


def _items(value: Any) -> int:
    kind = type(value)  # compared by identity: a student's type may say that it equals any other
    return len(value) if kind is list or kind is dict or kind is set else 0


def _limit_time(seconds: float, total: float) -> None:
    """Limit processor time: a signal that tells its reason, then one that nobody can stop."""
    most = resource.getrlimit(resource.RLIMIT_CPU)[1]
    hard = math.ceil(total) + 1
    if most != resource.RLIM_INFINITY:
        hard = min(hard, most)
    soft = min(math.ceil(time.process_time() + seconds), hard)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _missing(calls: list[Any]) -> list[Any]:
    return [{"missing": True}] * len(calls) + [{}]
