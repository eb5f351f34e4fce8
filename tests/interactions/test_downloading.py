"""The download against a real TLS server on the loopback, with everything that can go wrong on the way."""

import hashlib
import http.server
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import requests

from interactions import downloading
from interactions.downloading import Limits
from interactions.errors import DownloadRefused
from interactions.importers import ddinter
from interactions.models import Release
from tests.interactions.conftest import run_command

CERTIFICATE = Path(__file__).parent / "loopback.pem"
BODY = b"DDInterID_A,Drug_A,DDInterID_B,Drug_B,Level\r\n" + b"".join(
    b"DDInter%d,Drug %d,DDInter0,Naltrexone,Minor\r\n" % (number, number) for number in range(1, 3000)
)
QUICK = Limits(pause_seconds=0.01, read_seconds=2, connect_seconds=2)


@dataclass
class Behaviour:
    """What the server does, and what it was asked."""

    body: bytes = BODY
    tag: str = '"v1"'
    cut_after: list[int] = field(default_factory=list)
    """For each answer in turn: bytes after which the connection is cut; 0 for never."""
    status: int = 200
    location: str = ""
    takes_ranges: bool = True
    tells_length: bool = True
    starts_at_wrong_place: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list)


class Server(http.server.ThreadingHTTPServer):
    """A loopback server with a behaviour."""

    behaviour: Behaviour


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers as the behaviour says."""

    server: Server

    def log_message(self, *_args: object) -> None:
        """Stay silent."""

    def do_GET(self) -> None:
        does = self.server.behaviour
        wanted = self.headers.get("Range", "")
        does.asked.append((self.path, wanted))
        if does.location:
            self.send_response(302)
            self.send_header("Location", does.location)
            self.end_headers()
            return
        start = int(wanted.removeprefix("bytes=").rstrip("-") or 0)
        partial = bool(wanted) and does.takes_ranges and self.headers.get("If-Range") == does.tag
        self._send(does, start if partial else 0, partial)

    def _send(self, does: Behaviour, start: int, partial: bool) -> None:
        if partial and start >= len(does.body):
            self.send_response(416)
            self.send_header("Content-Range", f"bytes */{len(does.body)}")
            self.end_headers()
            return
        self.send_response(206 if partial else does.status)
        if does.tag:
            self.send_header("ETag", does.tag)
        if partial:
            first = start + (7 if does.starts_at_wrong_place else 0)
            self.send_header("Content-Range", f"bytes {first}-{len(does.body) - 1}/{len(does.body)}")
        if does.tells_length:
            self.send_header("Content-Length", str(len(does.body) - start))
        self.end_headers()
        cut = does.cut_after.pop(0) if does.cut_after else 0
        self.wfile.write(does.body[start : start + cut if cut else None])
        self.close_connection = True


@pytest.fixture
def behaviour() -> Iterator[Behaviour]:
    """A TLS server on a free port; the behaviour carries its address."""
    server = Server(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.behaviour = Behaviour()
    server.behaviour.url = f"https://127.0.0.1:{server.server_address[1]}/code_{{letter}}.csv"  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.behaviour
    server.shutdown()
    server.server_close()


def fetch(does: Behaviour, folder: Path, letters: str = "A", limits: Limits = QUICK, **values: object) -> Path:
    url = values.pop("url", does.url)  # type: ignore[attr-defined]
    fetched = downloading.fetch(tuple(letters), folder, url=url, ca=str(CERTIFICATE), limits=limits, **values)  # type: ignore[arg-type]
    return fetched[0].path


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_every_letter_is_fetched_once_with_its_digest(behaviour: Behaviour, tmp_path: Path) -> None:
    told: list[str] = []
    url = behaviour.url  # type: ignore[attr-defined]
    fetched = downloading.fetch(ddinter.LETTERS, tmp_path, url=url, ca=str(CERTIFICATE), limits=QUICK, tell=told.append)
    assert [one.letter for one in fetched] == list("ABCDGHJLMNPRSV")
    assert {one.sha256 for one in fetched} == {hashlib.sha256(BODY).hexdigest()}
    assert len(told) == len(behaviour.asked) == 14
    again = downloading.fetch(ddinter.LETTERS, tmp_path, url=url, ca=str(CERTIFICATE), limits=QUICK)
    assert all(one.was_here for one in again)
    assert len(behaviour.asked) == 14
    assert leftovers(tmp_path) == [f"ddinter_downloads_code_{letter}.csv" for letter in "ABCDGHJLMNPRSV"]


def test_a_cut_connection_is_gone_on_with_from_where_it_was(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.cut_after = [70_000, 20_000]
    assert fetch(behaviour, tmp_path).read_bytes() == BODY
    assert [wanted for _, wanted in behaviour.asked] == ["", "bytes=65536-", "bytes=81920-"]


def test_what_one_run_left_the_next_run_goes_on_with(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.cut_after = [70_000]
    with pytest.raises(DownloadRefused, match="start again to go on from there"):
        fetch(behaviour, tmp_path, limits=Limits(attempts=1))
    assert leftovers(tmp_path) == ["ddinter_downloads_code_A.csv.part", "ddinter_downloads_code_A.csv.part.mark"]
    assert fetch(behaviour, tmp_path).read_bytes() == BODY
    assert behaviour.asked[1][1] == "bytes=65536-"
    assert leftovers(tmp_path) == ["ddinter_downloads_code_A.csv"]


def test_a_part_that_was_whole_already_is_taken(behaviour: Behaviour, tmp_path: Path) -> None:
    (tmp_path / "ddinter_downloads_code_A.csv.part").write_bytes(BODY)
    (tmp_path / "ddinter_downloads_code_A.csv.part.mark").write_text(behaviour.tag)
    assert fetch(behaviour, tmp_path).read_bytes() == BODY


def test_two_versions_of_a_file_are_never_joined(behaviour: Behaviour, tmp_path: Path) -> None:
    (tmp_path / "ddinter_downloads_code_A.csv.part").write_bytes(b"DDInterID_A old version")
    (tmp_path / "ddinter_downloads_code_A.csv.part.mark").write_text('"v0"')
    assert fetch(behaviour, tmp_path).read_bytes() == BODY


def test_a_part_without_its_mark_is_begun_anew(behaviour: Behaviour, tmp_path: Path) -> None:
    (tmp_path / "ddinter_downloads_code_A.csv.part").write_bytes(b"DDInterID_A of unknown age")
    assert fetch(behaviour, tmp_path).read_bytes() == BODY
    assert behaviour.asked == [("/code_A.csv", "")]


@pytest.mark.parametrize("flaw", ["takes_ranges", "tag"])
def test_a_server_that_cannot_go_on_sends_it_all_again(behaviour: Behaviour, tmp_path: Path, flaw: str) -> None:
    behaviour.cut_after = [70_000]
    setattr(behaviour, flaw, "" if flaw == "tag" else False)
    assert fetch(behaviour, tmp_path).read_bytes() == BODY


def test_a_server_that_goes_on_elsewhere_is_asked_anew(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.cut_after = [70_000]
    behaviour.starts_at_wrong_place = True
    assert fetch(behaviour, tmp_path).read_bytes() == BODY
    assert [wanted for _, wanted in behaviour.asked] == ["", "bytes=65536-", ""]


@pytest.mark.parametrize("tells_length", [True, False])
def test_a_body_that_is_too_large_is_refused_and_not_kept(
    behaviour: Behaviour, tmp_path: Path, tells_length: bool
) -> None:
    behaviour.tells_length = tells_length
    with pytest.raises(DownloadRefused, match="larger than 100000 bytes"):
        fetch(behaviour, tmp_path, limits=Limits(largest_bytes=100_000))
    assert leftovers(tmp_path) == []


def test_a_download_that_takes_too_long_is_given_up(behaviour: Behaviour, tmp_path: Path) -> None:
    with pytest.raises(DownloadRefused, match="took longer than"):
        fetch(behaviour, tmp_path, limits=Limits(whole_seconds=-1))


def test_plain_http_is_refused_also_after_a_redirect(behaviour: Behaviour, tmp_path: Path) -> None:
    with pytest.raises(DownloadRefused, match="Only https"):
        fetch(behaviour, tmp_path, url="http://127.0.0.1:9/code_{letter}.csv")
    behaviour.location = "http://127.0.0.1:9/elsewhere.csv"
    with pytest.raises(DownloadRefused, match="Only https"):
        fetch(behaviour, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_redirect_without_end_is_given_up(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.location = "/code_A.csv"
    with pytest.raises(DownloadRefused, match="redirects too often"):
        fetch(behaviour, tmp_path)
    assert len(behaviour.asked) == downloading.MOST_REDIRECTS


def test_a_certificate_that_nobody_trusts_is_refused(behaviour: Behaviour, tmp_path: Path) -> None:
    url = behaviour.url  # type: ignore[attr-defined]
    with pytest.raises(DownloadRefused) as refused:
        downloading.fetch(("A",), tmp_path, url=url, limits=QUICK)
    assert isinstance(refused.value.__cause__, requests.exceptions.SSLError)
    assert behaviour.asked == []


def test_an_error_of_the_server_is_said(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.status = 503
    with pytest.raises(DownloadRefused, match="answered 503"):
        fetch(behaviour, tmp_path)


def test_a_page_instead_of_a_file_is_not_kept(behaviour: Behaviour, tmp_path: Path) -> None:
    behaviour.body = b"<html>We have moved</html>"
    with pytest.raises(DownloadRefused, match="is not a DDInter file"):
        fetch(behaviour, tmp_path)
    assert leftovers(tmp_path) == []


def test_a_server_that_never_answers_is_given_up_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(DownloadRefused, match="could not be fetched in 2 attempts"):
        downloading.fetch(
            ("A",), tmp_path, url="https://127.0.0.1:9/{letter}", limits=Limits(attempts=2, pause_seconds=0.01)
        )


@pytest.mark.django_db
def test_the_command_fetches_all_fourteen_and_imports_them(behaviour: Behaviour, tmp_path: Path) -> None:
    url = behaviour.url  # type: ignore[attr-defined]
    told = run_command(
        "import_interactions", "ddinter", "--download", tmp_path, "--url", url, "--ca", CERTIFICATE, "--pause", "0"
    )
    assert told.count("sha256") == 14
    assert "41,986 rows, 2,999 unordered pairs, 3,000 drugs" in told
    assert "WARNING" not in told
    release = Release.objects.get()
    assert release.counts["missing_letters"] == []
    assert set(release.files.values()) == {hashlib.sha256(BODY).hexdigest()}
