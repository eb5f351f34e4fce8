"""The newest number of each chain, kept outside the database as it is written: a trail cut off with its head is found.

One file a database lineage in MARKS_DIR, one line an entry, on the disk itself before the answer leaves: between the
commit and that moment lies the window that is left. It belongs on another disk than the database, out of its backups,
and out of reach of whoever may write to the database.
"""

import fcntl
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from django.conf import settings

from refills.messages import restoring

Heads = dict[str, tuple[int, str]]


@cache
def _lineage() -> str:
    """The number that this database shares with its backups; asked for once a process."""
    return restoring.lineage()[0].hex


def _path() -> Path:
    return Path(settings.MARKS_DIR) / f"trail-{_lineage()}"


def advance(chain: str, seq: int, seal: str) -> Callable[[], None]:
    """What is done once one more entry is committed; it has a name, which Django logs where the disk refuses it."""

    def advance_the_anchor() -> None:
        with _held(_path()) as file:
            os.write(file, f"{chain} {seq} {seal}\n".encode())
            fcntl.flock(file, fcntl.LOCK_UN)  # others write while the disk does
            os.fdatasync(file)

    return advance_the_anchor


def heads() -> Heads:
    """The newest entry known of each chain; none where this machine has written nothing yet."""
    try:
        text = _path().read_text("utf-8")
    except FileNotFoundError:
        return {}
    found: Heads = {}
    for line in text.splitlines():
        words = line.split(" ")
        if len(words) == 3 and words[1].isdecimal() and int(words[1]) > found.get(words[0], (0, ""))[0]:
            found[words[0]] = (int(words[1]), words[2])
    return found


def shorten() -> None:
    """One line a chain again, the newest; what is written meanwhile waits and is kept."""
    with _held(_path()):
        _replace(heads())


def renew(known: Mapping[str, tuple[int, str]]) -> None:
    """From now on these heads hold, and no others: the database was set back on purpose."""
    with _held(_path()):
        _replace(known)


def _replace(known: Mapping[str, tuple[int, str]]) -> None:
    """Whole or not at all, whenever the power goes."""
    path = _path()
    beside = path.with_name(f"{path.name}.new")
    with open(beside, "w", encoding="utf-8", opener=_private) as file:
        file.write("".join(f"{chain} {seq} {seal}\n" for chain, (seq, seal) in sorted(known.items())))
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
    _keep_name(path.parent)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _keep_name(folder: Path) -> None:
    """What a folder calls its files reaches the disk."""
    file = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def _held(path: Path) -> Iterator[int]:
    """The file, open for adding to it and locked; another one that took its place while we waited is opened instead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    is_new = not path.exists()
    while True:
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if _is_still(path, file):
                if is_new:
                    _keep_name(path.parent)
                yield file
                return
        finally:
            os.close(file)


def _is_still(path: Path, file: int) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(file).st_ino
    except FileNotFoundError:
        return False
