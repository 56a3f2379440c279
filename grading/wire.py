"""Length-prefixed JSON messages between the marker and the runner; nothing is ever unpickled."""

import json
import struct
import time
from collections.abc import Callable
from typing import Any

MAX_BYTES = 16 * 2**20

Read = Callable[
    [int, float | None], bytes
]  # (how many, seconds left) -> some bytes, b"" at the end


class WireError(Exception):
    """The other side sent no message, half a message, or something else."""


def pack(message: Any) -> bytes:
    """Return a message as bytes: four bytes of length, then JSON."""
    body = json.dumps(message).encode()
    return struct.pack(">I", len(body)) + body


def receive(read: Read, seconds: float | None = None) -> Any:
    """
    Read one message.

    Parameters
    ----------
    read : callable
        Takes a number of bytes and the seconds left, returns at most that many bytes.
    seconds : float, optional
        How long to wait for the whole message; without it for ever.

    Returns
    -------
    object
        What the message holds.

    Raises
    ------
    WireError
        If the connection ends, or the message is too long or no JSON.
    TimeoutError
        If the time is over.
    """
    end = None if seconds is None else time.monotonic() + seconds
    (length,) = struct.unpack(">I", _exactly(read, 4, end))
    if length > MAX_BYTES:
        raise WireError(f"a message of {length} bytes is too long")
    try:
        return json.loads(_exactly(read, length, end))
    except (ValueError, RecursionError) as error:
        raise WireError(f"a message that is no JSON: {error}") from None


def _exactly(read: Read, count: int, end: float | None) -> bytes:
    parts = []
    while count:
        left = None if end is None else end - time.monotonic()
        if left is not None and left <= 0:
            raise TimeoutError
        part = read(count, left)
        if not part:
            raise WireError("the connection ended")
        parts.append(part)
        count -= len(part)
    return b"".join(parts)
