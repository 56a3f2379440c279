"""Rooms of its own for each submission: namespaces, empty writable folders, no privilege.

The runner calls these inside the sandbox, where it may. They are Linux system calls that Python
3.11 has no names for; see the manual pages unshare(2), mount(2), prctl(2), capset(2).
"""

import contextlib
import ctypes
import os
import resource

SPACE = 256 * 2**20  # bytes that a submission may write, all files together
FILES = 20_000  # and how many files
_NEWNS, _NEWIPC, _NEWPID = 0x20000, 0x8000000, 0x20000000
_RDONLY, _NOSUID, _NODEV = 1, 2, 4
_SET_DUMPABLE, _CAP_AMBIENT, _CLEAR_ALL = 4, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522

_libc = ctypes.CDLL(None, use_errno=True)


def _call(name: str, *arguments: object) -> None:
    if getattr(_libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def own_processes() -> None:
    """Let the next fork be the first process of a new tree, whose end ends all others in it."""
    _call("unshare", _NEWPID)


def own_folders() -> None:
    """Give this process empty writable folders that end with it, and no view of processes."""
    _call("unshare", _NEWNS | _NEWIPC)
    room = f"size={SPACE},nr_inodes={FILES},mode=0700".encode()
    for folder in (b"/tmp", b"/dev/shm"):
        _call("mount", b"tmpfs", folder, b"tmpfs", ctypes.c_ulong(_NOSUID | _NODEV), room)
    _call("mount", b"tmpfs", b"/proc", b"tmpfs", ctypes.c_ulong(_RDONLY), b"size=0")


def keep_memory_private() -> None:
    """Refuse other processes of the same user a look into this one."""
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def give_up_privileges() -> None:
    """Drop every capability for good."""
    with contextlib.suppress(OSError):  # an old kernel has none
        _call("prctl", _CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def limit(kind: int, value: int) -> None:
    """Set a resource limit for this process and those that it starts."""
    with contextlib.suppress(ValueError, OSError):  # a lower limit may already be in force
        resource.setrlimit(kind, (value, value))
