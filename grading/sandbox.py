"""The sandbox round the runner: bubblewrap's command line, and why it may not work here.

Inside there is the system read-only, this Python, ``helpers/`` and the runner's own modules; no
network, no course folder, no environment, no process of the host. The runner is its own user's
root there, so that it can give every submission namespaces of its own (:mod:`grading.isolation`).
"""

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from grading.course import COURSE
from grading.isolation import CALLS

INSIDE = Path("/course")  # where helpers/ and the runner stand in the sandbox
# an environment may lie in /tmp, which is empty inside; what is no environment of its own stays
_PYTHON = Path(sys.prefix) if sys.prefix == sys.base_prefix else INSIDE / "python"
RUNNER = ("__init__.py", "isolation.py", "runner.py", "shell.py", "wire.py")
ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": "/tmp/home",
    "IPYTHONDIR": "/tmp/home",
    "MPLCONFIGDIR": "/tmp/home",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",  # as JupyterLab's kernel sets it
    "LANG": "C.UTF-8",
    # threads of BLAS would not survive the fork
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
}
_NOBODY = "65534"
_GET = "On Debian and Ubuntu: apt-get install bubblewrap. Elsewhere: https://github.com/containers/bubblewrap."
_OWN = [
    *("--unshare-user", "--disable-userns", "--unshare-pid", "--unshare-net", "--unshare-ipc"),
    *("--unshare-uts", "--unshare-cgroup-try", "--hostname", "course", "--cap-add", "ALL"),
    *("--new-session", "--die-with-parent", "--clearenv"),
]


def sandboxed(code: str) -> list[str]:
    """
    Return the command that runs Python code in the sandbox.

    Parameters
    ----------
    code : str
        What to run; neither the folder nor the environment decides what it imports.

    Returns
    -------
    list of str
        The whole command line; run it with an empty environment.
    """
    bwrap = shutil.which("bwrap") or "bwrap"
    settings = [word for pair in ENVIRONMENT.items() for word in ("--setenv", *pair)]
    fresh = ["--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp", "--dir", "/tmp/home"]
    links = [(INSIDE / path.name, Path(ENVIRONMENT["HOME"], path.name)) for path in _fonts()]
    fonts = [word for pair in links for word in ("--symlink", *map(str, pair))]
    sealed = ["--remount-ro", "/dev", "--remount-ro", "/"]
    python = _PYTHON / Path(sys.executable).relative_to(sys.prefix)
    inner = [*fresh, *fonts, *_OWN, *settings, *sealed, "--", str(python), "-I", "-c", code]
    if os.geteuid() != 0:
        return [bwrap, *_system(), *inner]
    # the kernel counts no processes of root: the runner has to be somebody else
    leave = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    outer = [*_system(), "--dev", "/dev", "--bind", "/proc", "/proc", "--die-with-parent", "--"]
    return [bwrap, *outer, *leave, "--pdeathsig=KILL", bwrap, "--bind", "/", "/", *inner]


def _fonts() -> list[Path]:
    """Return Matplotlib's lists of fonts, which take a second to make."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return sorted(cache.glob("matplotlib/fontlist-*.json"))


def _system() -> list[str]:
    """Return the options that show the system, this Python and the runner, read-only."""
    shown = {Path("/usr"): Path("/usr"), Path(sys.base_prefix): Path(sys.base_prefix)}
    shown |= {Path(sys.prefix): _PYTHON, COURSE / "helpers": INSIDE / "helpers"}
    shown |= {COURSE / "grading" / name: INSIDE / "grading" / name for name in RUNNER}
    shown |= {path: INSIDE / path.name for path in _fonts()}
    options = []
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", os.readlink(path), str(path)]
        elif path.exists():
            shown[path] = path
    mounted = [Path("/", name) for name in ("dev", "proc", "tmp")]
    for folder in [*mounted, *_parents([*shown.values(), Path("/etc/ld.so.cache")])]:
        options += ["--perms", "0755", "--dir", str(folder)]  # else hidden from a user
    for outside, inside in shown.items():
        options += ["--ro-bind", str(outside), str(inside)]
    return [*options, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache"]


def _parents(paths: Iterable[Path]) -> list[Path]:
    """Return the folders above some paths, each after those above it."""
    return sorted({above for path in paths for above in path.parents if above.name})


@cache
def why_not() -> str:
    """Return why the sandbox does not work on this machine and what to do, "" where it does."""
    if not shutil.which("bwrap"):
        return f"Marking needs the sandbox bubblewrap, and there is no command bwrap. {_GET}"
    if os.geteuid() == 0 and not shutil.which("setpriv"):
        return "As root, marking needs the command setpriv of util-linux. Install it, or mark as an ordinary user."
    if platform.machine() not in CALLS:
        return f"Marking filters system calls, and their numbers on {platform.machine()} are not known to it. Mark on one of: {', '.join(CALLS)}."
    if Path(sys.base_prefix).is_relative_to("/tmp"):
        return f"Python lies in {sys.base_prefix}, and /tmp is empty in the sandbox. Install Python elsewhere."
    probe = sandboxed("print('works')")
    done = subprocess.run(probe, env={}, capture_output=True, text=True, check=False)
    if done.stdout == "works\n":
        return ""
    said = done.stderr.strip().split("\n")[-1] or "it said nothing"
    return (
        f"The sandbox bubblewrap does not work here: {said}. It needs version 0.8 or newer and a "
        "kernel that lets users make namespaces (sysctl user.max_user_namespaces above 0; on Ubuntu "
        "kernel.apparmor_restrict_unprivileged_userns=0; in a container, one that allows them)."
    )
