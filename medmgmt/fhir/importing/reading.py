"""Reads FHIR resources from NDJSON files and bundles, and says of every line that cannot be read where it stands."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medmgmt.fhir.importing.resources import last_segment

LARGEST_FILE = 512 * 1024 * 1024
SUFFIXES = (".ndjson", ".jsonl", ".json")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read: where, and why, without any health data."""

    file: str
    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Found:
    """A resource and where it stood; in a bundle the line is the number of the entry."""

    resource: dict[str, Any]
    file: str
    line: int


def files(path: Path) -> list[Path]:
    """The file itself, or the NDJSON and JSON files of a folder (not of folders inside it), in order of name."""
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise FileNotFoundError(f"There is no file or folder {path}.")
    found = sorted(child for child in path.iterdir() if child.suffix.lower() in SUFFIXES and child.is_file())
    if not found:
        raise FileNotFoundError(f"There is no .ndjson or .json file in {path}.")
    return found


def read(path: Path) -> Iterator[Found | Fault]:
    """Every resource of one file. Blank lines are skipped; whatever is not a resource is a fault."""
    if path.stat().st_size > LARGEST_FILE:
        yield Fault(path.name, 0, "the file is larger than 512 MiB; split it")
        return
    if path.suffix.lower() == ".json":
        yield from _whole(path)
        return
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                yield _one(line, path.name, number)


def _one(line: bytes, file: str, number: int) -> Found | Fault:
    parsed = _parsed(line)
    if isinstance(parsed, str):
        return Fault(file, number, parsed)
    return _found(parsed, file, number)


def _parsed(raw: bytes) -> Any:
    """The parsed JSON, or the reason why it is none, as text: a resource is never bare text."""
    try:
        value = json.loads(raw.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return "nested too deep"
    except ValueError as wrong:
        return f"not JSON ({wrong.msg})" if isinstance(wrong, json.JSONDecodeError) else "not JSON"
    return "not a resource" if isinstance(value, str) else value


def _found(value: Any, file: str, line: int) -> Found | Fault:
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return Fault(file, line, "not a resource: it has no resourceType")
    return Found(value, file, line)


def _whole(path: Path) -> Iterator[Found | Fault]:
    """A bundle's entries, or the one resource that the file holds."""
    found = _one(path.read_bytes(), path.name, 1)
    if isinstance(found, Fault) or found.resource["resourceType"] != "Bundle":
        yield found
        return
    entries = found.resource.get("entry") or []
    if not isinstance(entries, list):
        yield Fault(path.name, 1, "the bundle's entries are not a list")
        return
    names = _names(entries)
    for number, entry in enumerate(entries, start=1):
        resource = entry.get("resource") if isinstance(entry, dict) else None
        yield _found(_renamed(resource, entry, names), path.name, number)


def _names(entries: list[Any]) -> Mapping[str, str]:
    """What references inside the bundle call a resource -> its id, where the two are not the same anyway."""
    names: dict[str, str] = {}
    for entry in entries:
        resource = entry.get("resource") if isinstance(entry, dict) else None
        url = entry.get("fullUrl") if isinstance(entry, dict) else None
        if isinstance(resource, dict) and isinstance(url, str) and isinstance(resource.get("id"), str):
            called = last_segment(url)
            if called != resource["id"]:
                names[called] = resource["id"]
    return names


def _renamed(resource: Any, entry: Any, names: Mapping[str, str]) -> Any:
    """The resource under an id, its own references pointing to the ids that resources have."""
    if not isinstance(resource, dict):
        return resource
    if not resource.get("id") and isinstance(entry.get("fullUrl"), str):
        resource = {**resource, "id": last_segment(entry["fullUrl"])}
    return _repointed(resource, names) if names else resource


def _repointed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_repointed(one, names) for one in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _repointed(one, names) for key, one in value.items()}
    pointer = changed.get("reference")
    if isinstance(pointer, str) and last_segment(pointer) in names:
        changed["reference"] = names[last_segment(pointer)]
    return changed
