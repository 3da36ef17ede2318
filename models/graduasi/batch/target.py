"""The file that a long run writes: refused before the work if it cannot be written, and written by one run at a time."""

import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from graduasi.errors import Refused


def file_behind(target: Path) -> Path:
    """The file that is written when `target` is: what a symbolic link leads to, else the target itself.

    Raises Refused for a link to a file of another kind, whose form would not be that of its name.
    """
    if not target.is_symlink():
        return target
    file = target.resolve()
    if file.suffix.lower() != target.suffix.lower():
        raise Refused(f"{target}: is a link to a file of another kind ({file.suffix or 'no ending'}); name that file")
    return file


def refuse_unwritable(target: Path) -> None:
    """Raise Refused for a file that cannot be written: it is told before hours of work, not after them."""
    if target.is_dir():
        raise Refused(f"{target}: is a folder; name a file in it")
    folder = target.parent
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    if not existing.is_dir():
        raise Refused(f"{existing}: is not a folder, so nothing can be written below it")
    if not os.access(existing, os.W_OK | os.X_OK):
        raise Refused(f"{existing}: this account may not write there; choose another folder")


@contextmanager
def held(target: Path) -> Iterator[None]:
    """Keep every other run away from `target`, by a locked file beside it.

    Raises Refused, naming the run that holds it. The system frees the lock of a run that dies.
    """
    lock = target.with_name(target.name + ".lock")
    lock.parent.mkdir(parents=True, exist_ok=True)
    with _locked(lock, target) as file:
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}")
        file.flush()
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)


@contextmanager
def _locked(lock: Path, target: Path) -> Iterator[IO[str]]:
    """The lock's file, open and locked, and still the one of that name: whoever held it before deleted it at the end."""
    import fcntl  # not on Windows, where the rest of this module can still be imported

    while True:
        with lock.open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in (errno.EWOULDBLOCK, errno.EACCES):
                    raise
                raise Refused(f"{target}: {_holder(file)}; wait for it to end, or write to another file") from None
            if lock.exists() and os.path.samestat(os.fstat(file.fileno()), lock.stat()):
                yield file
                return


def _holder(file: IO[str]) -> str:
    """Who writes the target now, and since when."""
    file.seek(0)
    since = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime).strftime("%Y-%m-%d %H:%M:%S")
    return f"{file.read() or 'another run'} has been writing it since {since}"
