"""Fetches DDInter's files: TLS only, with limits on time and size, and goes on where it was cut off."""

import hashlib
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import requests
from django.utils.translation import gettext as _

from interactions.errors import DownloadRefused

DEFAULT_URL = "https://ddinter2.scbdd.com/static/media/download/ddinter_downloads_code_{letter}.csv"
CONNECT_SECONDS, READ_SECONDS, WHOLE_SECONDS = 10, 60, 15 * 60
LARGEST_BYTES = 64 * 1024 * 1024
PAUSE_SECONDS = 1.0
ATTEMPTS = 5
MOST_REDIRECTS = 5
CHUNK_BYTES = 8 * 1024
"""At most so much is lost of what came before a cut."""
USER_AGENT = "medmgmt (medication management; one reader, one file at a time)"
HEADING = b"DDInterID_A"
CUT_OFF = (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError)


@dataclass(frozen=True)
class Limits:
    largest_bytes: int = LARGEST_BYTES
    connect_seconds: float = CONNECT_SECONDS
    read_seconds: float = READ_SECONDS
    whole_seconds: float = WHOLE_SECONDS
    attempts: int = ATTEMPTS
    pause_seconds: float = PAUSE_SECONDS


@dataclass(frozen=True)
class Fetched:
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
    part = _Part(path)
    until = time.monotonic() + limits.whole_seconds
    for attempt in range(1, limits.attempts + 1):
        try:
            _resume(session, url, part, limits, until)
            break
        except CUT_OFF as cut:
            if attempt == limits.attempts:
                message = _("%(file)s could not be fetched in %(count)d attempts; start again to go on from there.")
                raise DownloadRefused(message % {"file": path.name, "count": attempt}) from cut
            time.sleep(limits.pause_seconds * attempt)
    part.finish()


class _Part:
    """What has come of a file so far, and by what mark the server knows that version of it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.content = path.with_name(path.name + ".part")
        self.mark_file = path.with_name(path.name + ".part.mark")

    @property
    def mark(self) -> str:
        """The server's ETag or date of the version begun; without one nothing can be gone on with safely."""
        return self.mark_file.read_text(encoding="latin-1") if self.mark_file.is_file() else ""

    @property
    def size(self) -> int:
        """Bytes to go on from; 0 when it has to begin anew."""
        return self.content.stat().st_size if self.mark and self.content.is_file() else 0

    def begin(self, mark: str) -> None:
        self.content.write_bytes(b"")
        self.mark_file.write_text(mark, encoding="latin-1")

    def discard(self) -> None:
        self.content.unlink(missing_ok=True)
        self.mark_file.unlink(missing_ok=True)

    def finish(self) -> None:
        """It takes its own name, if it is what it should be."""
        with self.content.open("rb") as content:
            begins = content.read(len(HEADING) + 3).removeprefix(b"\xef\xbb\xbf")
        if not begins.startswith(HEADING):
            self.discard()
            raise DownloadRefused(_("What came for %(file)s is not a DDInter file.") % {"file": self.path.name})
        self.content.replace(self.path)
        self.mark_file.unlink(missing_ok=True)


def _resume(session: requests.Session, url: str, part: _Part, limits: Limits, until: float) -> None:
    """Append what is missing. A server that cannot go on from the middle, or has a newer file, sends it all again."""
    have = part.size
    headers = {"Accept-Encoding": "identity"}
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": part.mark}
    with _answer(session, url, headers, limits) as answer:
        if answer.status_code == 416 and _whole_size(answer) == have:
            return
        if answer.status_code == 416 or (answer.status_code == 206 and _begins_at(answer) != have):
            part.discard()
            raise requests.ConnectionError("the part does not fit the file any more")
        if answer.status_code not in (200, 206):
            raise DownloadRefused(_("%(url)s answered %(status)d.") % {"url": url, "status": answer.status_code})
        if answer.status_code == 200:
            part.begin(_mark(answer))
            have = 0
        length = answer.headers.get("Content-Length", "")
        expected = have + int(length) if length.isdecimal() else None
        size = _append(answer, part, have, max(expected or 0, have), limits, until)
    if expected is not None and size < expected:
        raise requests.ConnectionError("the connection ended early")


def _append(answer: requests.Response, part: _Part, size: int, promised: int, limits: Limits, until: float) -> int:
    """Write the body behind what is there; the size it then has."""
    with part.content.open("ab") as out:
        for chunk in itertools.chain([b""], answer.iter_content(CHUNK_BYTES)):
            size += len(chunk)
            if max(size, promised) > limits.largest_bytes:
                part.discard()
                message = _("%(file)s is larger than %(size)d bytes; it was not kept.")
                raise DownloadRefused(message % {"file": part.path.name, "size": limits.largest_bytes})
            if time.monotonic() > until:
                message = _("%(file)s took longer than %(seconds)d seconds; start again to go on from there.")
                raise DownloadRefused(message % {"file": part.path.name, "seconds": limits.whole_seconds})
            out.write(chunk)
    return size


def _mark(answer: requests.Response) -> str:
    """A strong ETag, else the date of the last change."""
    tag = answer.headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")


def _answer(session: requests.Session, url: str, headers: dict[str, str], limits: Limits) -> requests.Response:
    """Follow redirects by hand: each step must be https as well."""
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
