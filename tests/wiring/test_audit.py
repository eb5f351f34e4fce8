"""A stored advisory file is read as it says: what it means is found, what is mended or withdrawn is not."""

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests import audit


def stored(folder: Path, **affected: Any) -> Path:
    """An export with one advisory."""
    file = folder / "all.zip"
    record = {"id": "TEST-1", **({"withdrawn": "x"} if affected.pop("withdrawn", None) else {})}
    package = {"name": affected.pop("name", "Django_Thing"), "ecosystem": "PyPI"}
    with zipfile.ZipFile(file, "w") as export:
        export.writestr("TEST-1.json", json.dumps({**record, "affected": [{"package": package, **affected}]}))
    return file


def span(*events: dict[str, str]) -> list[dict[str, Any]]:
    return [{"type": "ECOSYSTEM", "events": list(events)}]


OPEN = span({"introduced": "0"}, {"fixed": "2.0"})
PACKAGES = {"django-thing": "1.9"}


@pytest.mark.parametrize(
    ("affected", "is_found"),
    [
        ({"versions": ["1.9"]}, True),
        ({"versions": ["1.8"]}, False),
        ({"ranges": OPEN}, True),
        ({"ranges": span({"introduced": "0"}, {"fixed": "1.9"})}, False),
        ({"ranges": span({"introduced": "0"}, {"fixed": "1.0"}, {"introduced": "1.5"})}, True),
        ({"ranges": span({"introduced": "0"}, {"last_affected": "1.8"})}, False),
        ({"ranges": OPEN, "withdrawn": True}, False),
        ({"ranges": OPEN, "name": "another"}, False),
    ],
)
def test_what_an_advisory_means_is_found_and_nothing_else(
    tmp_path: Path, affected: dict[str, Any], is_found: bool
) -> None:
    assert bool(audit.stored_in(stored(tmp_path, **affected), PACKAGES)) == is_found


def test_every_package_is_pinned_and_asked_about() -> None:
    packages = audit.pinned()
    assert {"django", "waitress", "schemathesis", "pip-audit"} <= set(packages)


def test_where_nobody_can_be_asked_it_says_so_and_fails_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("ADVISORIES", raising=False)
    monkeypatch.setattr(audit, "asked_online", lambda: None)
    assert audit.main([]) == audit.COULD_NOT
    assert "NOT AUDITED" in capsys.readouterr().out


def test_a_known_hole_is_printed_and_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(audit, "pinned", lambda: PACKAGES)
    assert audit.main(["--stored", str(stored(tmp_path, ranges=OPEN))]) == 1
    assert "django-thing 1.9: TEST-1, mended in 2.0" in capsys.readouterr().out
    assert audit.main(["--stored", str(stored(tmp_path, versions=["1.0"]))]) == 0


def test_a_package_that_was_skipped_is_never_taken_for_a_safe_one() -> None:
    safe, skipped = {"name": "a", "version": "1", "vulns": []}, {"name": "b", "skip_reason": "not found"}
    hole = {"name": "c", "version": "1", "vulns": [{"id": "X-1", "fix_versions": []}]}
    assert audit.told([safe]) == []
    assert audit.told([safe, skipped]) is None
    assert audit.told([skipped, hole]) == ["c 1: X-1"]
