"""Whether a pinned package has a known hole: asked of PyPI by pip-audit, without a network of a stored advisory file.

python -m tests.audit [--stored FILE]: FILE is the export of OSV for PyPI (all.zip of
https://osv-vulnerabilities.storage.googleapis.com/PyPI/), else what ADVISORIES names. Exit status 0: none is known;
1: some are, each printed; 75: nobody could be asked and nothing is stored, which says nothing about the packages.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from packaging.version import InvalidVersion, Version

ROOT = Path(__file__).resolve().parent.parent
FILES = ("requirements.txt", "requirements-dev.txt")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE)
COULD_NOT = 75
SECONDS = 120


def pinned() -> dict[str, str]:
    """Every package of both lists with its version."""
    return {normal(name): version for file in FILES for name, version in PIN.findall((ROOT / file).read_text())}


def normal(name: str) -> str:
    """A package's name as indexes compare it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def asked_online() -> list[str] | None:
    """What pip-audit knows of them; None where it could not ask, or could not about any one of them."""
    lists = [part for file in FILES for part in ("-r", str(ROOT / file))]
    command = [sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "--format", "json", *lists]
    try:
        done = subprocess.run([*command, "--progress-spinner", "off"], capture_output=True, text=True, timeout=SECONDS)
        return told(json.loads(done.stdout)["dependencies"])
    except (subprocess.TimeoutExpired, json.JSONDecodeError, KeyError):
        return None


def told(packages: list[dict[str, Any]]) -> list[str] | None:
    """The holes that pip-audit tells of; None where it knows none and skipped something, for then it says nothing."""
    holes = [
        line(one["name"], one["version"], hole["id"], hole.get("fix_versions", []))
        for one in packages
        for hole in one.get("vulns", [])
    ]
    return holes if holes or not any("skip_reason" in one for one in packages) else None


def line(name: str, version: str, hole: str, mended: list[str]) -> str:
    return f"{name} {version}: {hole}" + (f", mended in {', '.join(mended)}" if mended else "")


def stored_in(file: Path, packages: dict[str, str]) -> list[str]:
    """What a stored export of OSV knows of them."""
    with zipfile.ZipFile(file) as export:
        records = (json.loads(export.read(name)) for name in export.namelist() if name.endswith(".json"))
        return sorted({found for record in records for found in holes(record, packages)})


def holes(record: dict[str, Any], packages: dict[str, str]) -> Iterator[str]:
    """The packages that one advisory is about, in a version that it means."""
    if record.get("withdrawn"):
        return
    for affected in record.get("affected", []):
        name, ecosystem = normal(affected["package"]["name"]), affected["package"]["ecosystem"]
        if ecosystem == "PyPI" and name in packages and is_meant(affected, packages[name]):
            ends = [
                event["fixed"] for span in affected.get("ranges", []) for event in span["events"] if "fixed" in event
            ]
            yield line(name, packages[name], record["id"], ends)


def is_meant(affected: dict[str, Any], version: str) -> bool:
    """Whether a version is named, or lies in a span: from one that brought the hole in to the one that mended it."""
    if version in affected.get("versions", []):
        return True
    spans = [span["events"] for span in affected.get("ranges", []) if span["type"] == "ECOSYSTEM"]
    return any(is_within(events, Version(version)) for events in spans)


def is_within(events: list[dict[str, str]], version: Version) -> bool:
    """Whether the last event at or before the version brought the hole in."""
    is_open = False
    for event in events:
        [(what, text)] = list(event.items())[:1]
        try:
            at = Version("0" if text == "0" else text)
        except InvalidVersion:
            continue
        if what == "last_affected":
            is_open = is_open and version <= at
        elif version >= at:
            is_open = what == "introduced"
    return is_open


def main(arguments: list[str]) -> int:
    """See above."""
    parser = argparse.ArgumentParser("python -m tests.audit")
    parser.add_argument("--stored", default=os.environ.get("ADVISORIES", ""))
    stored, packages = Path(parser.parse_args(arguments).stored or "-"), pinned()
    found, source = (None, "") if stored.is_file() else (asked_online(), "pip-audit, today")
    if stored.is_file():
        day = datetime.fromtimestamp(stored.stat().st_mtime, UTC).date()
        found, source = stored_in(stored, packages), f"{stored.name} of {day}"
    if found is None:
        print("NOT AUDITED: PyPI does not know all of them here, and no advisory file is stored (ADVISORIES).")
        return COULD_NOT
    print(*found, sep="\n", end="\n" if found else "")
    print(f"{len(packages)} packages, {len(found)} known holes ({source}).")
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
