"""Fetches DDInter's files: TLS only, with limits on time and size, and goes on where it was cut off."""

import hashlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _

from interactions.errors import DownloadRefused

DEFAULT_URL = "https://ddinter2.scbdd.com/static/media/download/ddinter_downloads_code_{letter}.csv"
CONNECT_SECONDS, READ_SECONDS = 10, 60
LARGEST_BYTES = 64 * 1024 * 1024
PAUSE_SECONDS = 1.0
ATTEMPTS = 5
MOST_REDIRECTS = 5
CHUNK_BYTES = 64 * 1024
USER_AGENT = "medmgmt (medication management; one reader, one file at a time)"
CUT_OFF = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@dataclass(frozen=True)
class Limits:
    """How long and how much; a test lowers them."""

    largest_bytes: int = LARGEST_BYTES
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    attempts: int = ATTEMPTS
    pause_seconds: float = PAUSE_SECONDS


@dataclass(frozen=True)
class Fetched:
    """One file that is here, with its digest."""

    letter: str
    path: Path
    sha256: str
    was_here: bool


Told = Callable[[str], None]


def fetch(
    letters: tuple[str, ...],
    folder: Path,
    *,
    url: str = DEFAULT_URL,
    ca: str | bool = True,
    limits: Limits | None = None,
    tell: Told = lambda _text: None,
) -> list[Fetched]:
    """Every letter's file in `folder`, fetched where it is not yet there. `ca` is a file of trusted certificates."""
    limits = limits or Limits()
    folder.mkdir(parents=True, exist_ok=True)
    fetched = []
    with requests.Session() as session:
        session.headers["User-Agent"] = USER_AGENT
        session.trust_env = ca is True
        session.verify = ca
        for place, letter in enumerate(letters):
            path = folder / f"ddinter_downloads_code_{letter}.csv"
            was_here = path.is_file()
            if not was_here:
                time.sleep(limits.pause_seconds if place else 0)
                tell(f"{path.name} ...")
                _fetch_one(session, url.format(letter=letter), path, limits)
            fetched.append(Fetched(letter, path, _sha256(path), was_here))
    return fetched


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _fetch_one(session: requests.Session, url: str, path: Path, limits: Limits) -> None:
    """Whole or not at all under its own name; what a cut connection left waits in the .part file."""
    part = path.with_name(path.name + ".part")
    for attempt in range(1, limits.attempts + 1):
        try:
            _resume(session, url, part, limits)
            break
        except CUT_OFF as cut:
            if attempt == limits.attempts:
                message = _("%(file)s could not be fetched in %(count)d attempts; start again to go on from there.")
                raise DownloadRefused(message % {"file": path.name, "count": attempt}) from cut
            time.sleep(limits.pause_seconds * attempt)
    part.replace(path)


def _resume(session: requests.Session, url: str, part: Path, limits: Limits) -> None:
    """Append what is missing. A server that cannot go on from the middle sends it all again."""
    have = part.stat().st_size if part.is_file() else 0
    with _answer(session, url, have, limits) as answer:
        if answer.status_code == 416 and have and _whole_size(answer) == have:
            return
        if answer.status_code == 416:
            part.unlink()
            raise requests.ConnectionError("the part does not fit the file any more")
        if answer.status_code not in (200, 206):
            raise DownloadRefused(_("%(url)s answered %(status)d.") % {"url": url, "status": answer.status_code})
        goes_on = answer.status_code == 206 and _begins_at(answer) == have
        if answer.status_code == 206 and not goes_on:
            part.unlink(missing_ok=True)
            raise requests.ConnectionError("the server went on from another place")
        start = have if goes_on else 0
        expected = start + int(answer.headers["Content-Length"]) if "Content-Length" in answer.headers else None
        if expected is not None and expected > limits.largest_bytes:
            raise _too_large(part, limits)
        with part.open("ab" if goes_on else "wb") as out:
            size = _write(answer, out.write, part, start, limits)
    if expected is not None and size < expected:
        raise requests.ConnectionError("the connection ended early")


def _write(answer: requests.Response, write: Callable[[bytes], int], part: Path, start: int, limits: Limits) -> int:
    size = start
    for chunk in _chunks(answer):
        size += len(chunk)
        if size > limits.largest_bytes:
            raise _too_large(part, limits)
        write(chunk)
    return size


def _chunks(answer: requests.Response) -> Iterator[bytes]:
    """The body as sent; compressed bodies were not asked for, so that sizes and ranges mean bytes of the file."""
    yield from answer.iter_content(CHUNK_BYTES)


def _too_large(part: Path, limits: Limits) -> DownloadRefused:
    part.unlink(missing_ok=True)
    return DownloadRefused(
        _("The file is larger than %(size)d bytes; it was not kept.") % {"size": limits.largest_bytes}
    )


def _answer(session: requests.Session, url: str, have: int, limits: Limits) -> requests.Response:
    """Follow redirects by hand: each step must be https as well."""
    headers = {"Accept-Encoding": "identity", **({"Range": f"bytes={have}-"} if have else {})}
    for _step in range(MOST_REDIRECTS):
        if urlsplit(url).scheme != "https":
            raise DownloadRefused(_("Only https is fetched, not %(url)s.") % {"url": url})
        answer = session.get(
            url,
            headers=headers,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect_seconds, limits.read_seconds),
        )
        if not answer.is_redirect:
            return answer
        target = requests.compat.urljoin(url, answer.headers["Location"])
        answer.close()
        url = target
    raise DownloadRefused(_("%(url)s redirects too often.") % {"url": url})


def _begins_at(answer: requests.Response) -> int | None:
    """The first byte of a partial body, from "bytes 100-199/200"."""
    first = answer.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdecimal() else None


def _whole_size(answer: requests.Response) -> int | None:
    """The size of the whole file, from "bytes */200"."""
    size = answer.headers.get("Content-Range", "").rpartition("/")[2]
    return int(size) if size.isdecimal() else None
