"""Rooms of its own for each submission: namespaces, empty writable folders, no privilege.

The runner calls these inside the sandbox, where it may. They are Linux system calls that Python
3.11 has no names for; see the manual pages unshare(2), mount(2), prctl(2), capset(2).
"""

import contextlib
import ctypes
import os
import platform
import resource
import signal
import struct

SPACE = 256 * 2**20  # bytes that a submission may write, all files together
FILES = 20_000  # and how many files
_NEWNS, _NEWIPC, _NEWPID = 0x20000, 0x8000000, 0x20000000
_RDONLY, _NOSUID, _NODEV = 1, 2, 4
_SET_PDEATHSIG, _SET_DUMPABLE, _CAP_AMBIENT, _CLEAR_ALL = 1, 4, 47, 4
_CAPABILITY_VERSION_3 = 0x20080522
_NO_NEW_PRIVILEGES, _SET_SECCOMP, _FILTER = 38, 22, 2
_LOAD, _IF_EQUAL, _IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06  # of the filter's machine
_CALL, _MACHINE, _FIRST, _SECOND = 0, 4, 16, 24  # where a filter finds them
_ALLOW, _REFUSE = 0x7FFF0000, 0x00050001  # the refusal is EPERM
_OTHER_TABLE = 0x40000000  # x86 has a second table of calls from here on

# numbers of calls: keys of the kernel, which outlive a process, and signals by a descriptor;
# signals by number; limits of another process; fcntl; ioctl
_GENERIC = ((217, 218, 219, 424), (129, 130, 131, 138, 240), 261, 25, 29)
CALLS = {
    "x86_64": (0xC000003E, (248, 249, 250, 424), (62, 200, 234, 129, 297), 302, 72, 16),
    "aarch64": (0xC00000B7, *_GENERIC),
    "riscv64": (0xC00000F3, *_GENERIC),
}
# what makes the kernel signal another process when a descriptor is ready
_OWNER_BY_FCNTL, _OWNER_BY_IOCTL = (8, 10, 15), (0x8901, 0x8902)

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


def end_with_parent() -> None:
    """End this process when the one that forked it is gone."""
    _call("prctl", _SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def keep_memory_private() -> None:
    """Refuse other processes of the same user a look into this one."""
    _call("prctl", _SET_DUMPABLE, 0, 0, 0, 0)


def give_up_privileges() -> None:
    """Drop every capability for good."""
    with contextlib.suppress(OSError):  # an old kernel has none
        _call("prctl", _CAP_AMBIENT, _CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    _call("capset", ctypes.byref(header), ctypes.byref((ctypes.c_uint32 * 6)()))


def keep_to_itself() -> None:
    """Refuse signals to and limits of other processes, and the kernel's keys."""
    machine, never, signals, limits, fcntl, ioctl = CALLS[platform.machine()]
    program = [
        (_LOAD, 0, 0, _MACHINE),
        (_IF_EQUAL, 1, 0, machine),
        (_RETURN, 0, 0, _REFUSE),
        (_LOAD, 0, 0, _CALL),
        (_IF_AT_LEAST, 0, 1, _OTHER_TABLE),
        (_RETURN, 0, 0, _REFUSE),
    ]
    for call in never:
        program += [(_IF_EQUAL, 0, 1, call), (_RETURN, 0, 0, _REFUSE)]
    for call, process in [*((call, os.getpid()) for call in signals), (limits, 0)]:
        program += [(_IF_EQUAL, 0, 4, call), (_LOAD, 0, 0, _FIRST), (_IF_EQUAL, 0, 1, process)]
        program += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _REFUSE)]
    for call, refused in ((fcntl, _OWNER_BY_FCNTL), (ioctl, _OWNER_BY_IOCTL)):
        program += [(_IF_EQUAL, 0, 2 * len(refused) + 2, call), (_LOAD, 0, 0, _SECOND)]
        for value in refused:
            program += [(_IF_EQUAL, 0, 1, value), (_RETURN, 0, 0, _REFUSE)]
        program.append((_RETURN, 0, 0, _ALLOW))
    program.append((_RETURN, 0, 0, _ALLOW))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in program))
    whole = struct.pack("@HP", len(program), ctypes.addressof(code))
    _call("prctl", _NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    _call("prctl", _SET_SECCOMP, _FILTER, whole, 0, 0)


def limit(kind: int, value: int) -> None:
    """Set a resource limit for this process and those that it starts."""
    with contextlib.suppress(ValueError, OSError):  # a lower limit may already be in force
        resource.setrlimit(kind, (value, value))
