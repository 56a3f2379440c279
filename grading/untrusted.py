"""Folders and archives of unknown files: bounded, no link followed, nothing that could block."""

import contextlib
import errno
import lzma
import os
import stat
import struct
import zipfile
import zlib
from collections import Counter, deque
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Self

from grading.parse import IntakeError

_SKIPPED = ("__MACOSX", "__pycache__")
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC  # a pipe opens at once
_DIRECTORY = _FILE | os.O_DIRECTORY
_REASONS = {
    errno.ELOOP: "is a link, and links are not followed",
    errno.ENOTDIR: "is a link or no folder",
    errno.ENOENT: "does not exist",
    errno.ENXIO: "is no regular file",
    errno.EACCES: "may not be read; give yourself the right to read it",
}
_DAMAGED = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
)


def passed_over(path: str) -> bool:
    """Tell whether a file is an editor's or a system's own, for example a checkpoint."""
    *folders, name = path.split("/")
    hidden = [part for part in (*folders, name) if part.startswith(".") and part != ".."]
    if name.endswith(".ipynb") and not name.startswith("._"):
        hidden = [part for part in hidden if part != name]  # somebody's, with an odd name
    return bool(hidden) or any(folder in _SKIPPED for folder in (*folders, name))


def printable(name: str) -> str:
    """Return a name as it can be shown to a person, shortened."""
    short = name if len(name) <= 80 else f"{name[:40]}…{name[-39:]}"
    return short if short.isprintable() else ascii(short)


class Folder:
    """A folder of files that is read without following a link; to be used in a with block."""

    def __init__(self, path: Path) -> None:
        try:
            # the folders of the student and the unit must be folders, those above are the course's
            above = os.open(path.parent, _DIRECTORY)
            try:
                self._root = os.open(path.name, _DIRECTORY, dir_fd=above)
            finally:
                os.close(above)
        except OSError as error:
            raise IntakeError(f"The folder {path.name} {_why(error)}.") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._root)

    def files(self, at_most: int) -> Iterator[str]:
        """
        List the files, those of the upper folders first; editors' and systems' own are passed over.

        Parameters
        ----------
        at_most : int
            How many.

        Yields
        ------
        str
            The path in this folder, with ``/`` between its parts.
        """
        folders = deque([""])
        while folders and at_most > 0:
            above = folders.popleft()
            for entry in self._entries(above):
                path = f"{above}{entry.name}"
                if passed_over(entry.name):
                    continue
                if entry.is_dir(follow_symlinks=False):
                    folders.append(f"{path}/")
                elif at_most > 0:
                    at_most -= 1
                    yield path

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        try:
            descriptor = self._open(folder.rstrip("/") or ".", _DIRECTORY)
        except OSError:
            return []
        try:
            with os.scandir(descriptor) as entries:
                return sorted(entries, key=lambda entry: entry.name)
        finally:
            os.close(descriptor)

    def read(self, path: str, limit: int) -> bytes:
        """
        Return the content of a regular file.

        Parameters
        ----------
        path : str
            As :meth:`files` gives it.
        limit : int
            The largest size in bytes.

        Raises
        ------
        IntakeError
            If it is a link, no regular file, larger, or can't be read.
        """
        name = printable(path)
        try:
            descriptor = self._open(path, _FILE)
        except OSError as error:
            raise IntakeError(f"{name} {_why(error)}.") from None
        with open(descriptor, "rb") as file:
            about = os.fstat(descriptor)
            if not stat.S_ISREG(about.st_mode):
                raise IntakeError(f"{name} is no regular file but {_kind(about.st_mode)}.")
            if about.st_size > limit:
                raise IntakeError(
                    f"{name} has {about.st_size / 2**20:.1f} MB; "
                    f"only {limit / 2**20:.1f} MB can be taken."
                )
            try:
                return file.read(limit)
            except OSError as error:
                raise IntakeError(f"{name} {_why(error)}.") from None

    def _open(self, path: str, flags: int) -> int:
        """Open a path part by part, so that none of its folders is a link."""
        *folders, last = path.split("/")
        above = os.dup(self._root)
        try:
            for folder in folders:
                below = os.open(folder, _DIRECTORY, dir_fd=above)
                os.close(above)
                above = below
            return os.open(last, flags, dir_fd=above)
        finally:
            os.close(above)


def _why(error: OSError) -> str:
    return _REASONS.get(error.errno or 0, f"can't be read ({error.strerror})")


def _kind(mode: int) -> str:
    kinds = {stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFCHR: "a device"}
    return kinds.get(stat.S_IFMT(mode), "something else")


class Archive:
    """A zip that is read entry by entry and never unpacked; to be used in a with block."""

    def __init__(self, path: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGED:
            raise IntakeError(
                f"{path.name} is no zip archive, or it is damaged; download it again."
            ) from None
        self._entries = {_entry_name(info): info for info in self._zip.infolist()}
        self._times = Counter(map(_entry_name, self._zip.infolist()))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def files(self, at_most: int) -> Iterator[str]:
        """
        List the files; editors' and systems' own are passed over.

        Parameters
        ----------
        at_most : int
            How many.

        Yields
        ------
        str
            The path in the archive, with ``/`` between its parts.
        """
        kept = (name for name in self._entries if not name.endswith("/") and not passed_over(name))
        return islice(kept, at_most)

    def read(self, path: str, limit: int) -> bytes:
        """
        Return the content of an entry.

        Parameters
        ----------
        path : str
            As :meth:`files` gives it.
        limit : int
            The largest size in bytes, whatever the archive says of it.

        Raises
        ------
        IntakeError
            If it is a link, encrypted, damaged, larger, or there more than once.
        """
        info, name = self._entries[path], printable(path)
        if self._times[path] > 1:
            raise IntakeError(f"{name} is in the archive more than once, and one must count.")
        if stat.S_ISLNK(info.external_attr >> 16):
            raise IntakeError(f"{name} is a link, and links are not followed.")
        if info.flag_bits & 1:
            raise IntakeError(f"{name} is encrypted; it is needed without a password.")
        data = b""
        if info.file_size <= limit:
            try:
                with self._zip.open(info) as stream:
                    data = stream.read(limit + 1)
            except _DAMAGED as error:
                raise IntakeError(f"{name} is damaged in the archive ({error}).") from None
        if max(len(data), info.file_size) > limit:
            raise IntakeError(f"{name} is unpacked larger than {limit / 2**20:.1f} MB.")
        return data


def _entry_name(info: zipfile.ZipInfo) -> str:
    """Return an entry's path; some systems write UTF-8 and do not say so, or use backslashes."""
    name = info.filename
    if not info.flag_bits & 0x800:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")
