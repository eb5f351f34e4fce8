"""Reads FHIR resources from NDJSON files and bundles, and says of every line that cannot be read where it stands."""

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from medmgmt.fhir.importing.resources import last_segment

LARGEST_FILE = 512 * 1024 * 1024
SUFFIXES = (".ndjson", ".jsonl", ".json")
NEVER_SHOWN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
"""Characters that no record holds: control characters, and halves of characters."""
DEEPEST = 5
"""Bundles within bundles."""


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
    found = sorted(child for child in path.iterdir() if _kind(child) in SUFFIXES and child.is_file())
    if not found:
        raise FileNotFoundError(f"There is no .ndjson or .json file in {path}.")
    return found


def _kind(path: Path) -> str:
    """What a file holds by its name, packed or not."""
    name = path.name.lower().removesuffix(".gz")
    return f".{name.rpartition('.')[2]}"


def read(path: Path) -> Iterator[Found | Fault]:
    """Every resource of one file. Blank lines are skipped; whatever is not a resource is a fault."""
    if path.stat().st_size > LARGEST_FILE:
        yield Fault(path.name, 0, "the file is larger than 512 MiB; split it")
        return
    try:
        with _opened(path) as lines:
            yield from _whole(lines, path.name) if _kind(path) == ".json" else _lines(lines, path.name)
    except (OSError, EOFError) as broken:
        yield Fault(path.name, 0, f"the file cannot be read ({type(broken).__name__})")


def _opened(path: Path) -> IO[bytes]:
    with path.open("rb") as opened:
        is_packed = opened.read(2) == b"\x1f\x8b"
    return gzip.open(path, "rb") if is_packed else path.open("rb")  # type: ignore[return-value]  # a binary file too


def _lines(lines: IO[bytes], file: str) -> Iterator[Found | Fault]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield from _unfolded(_one(line, file, number), of_bundle=False)


def _one(line: bytes, file: str, number: int) -> Found | Fault:
    parsed = _parsed(line)
    if isinstance(parsed, str):
        return Fault(file, number, parsed)
    return _found(parsed, file, number)


def _parsed(raw: bytes) -> Any:
    """The parsed JSON, or the reason why it is none, as text: a resource is never bare text.

    Numbers stay as they were written; NaN, which JSON does not have, becomes a word.
    """
    try:
        value = json.loads(raw.decode("utf-8-sig"), parse_float=Decimal, parse_constant=str)
        return "not a resource" if isinstance(value, str) else _clean(value)
    except UnicodeDecodeError:
        return "not UTF-8"
    except RecursionError:
        return "nested too deep"
    except ValueError as wrong:
        return f"not JSON ({wrong.msg})" if isinstance(wrong, json.JSONDecodeError) else "not JSON"
    except ArithmeticError:
        return "not JSON: a number in it is none"


def _clean(value: Any) -> Any:
    """The same without the characters that no record holds."""
    if isinstance(value, str):
        return NEVER_SHOWN.sub("", value)
    if isinstance(value, list):
        return [_clean(one) for one in value]
    if isinstance(value, dict):
        return {_clean(key): _clean(one) for key, one in value.items()}
    return value


def _found(value: Any, file: str, line: int) -> Found | Fault:
    if not isinstance(value, dict) or not isinstance(value.get("resourceType"), str):
        return Fault(file, line, "not a resource: it has no resourceType")
    return Found(value, file, line)


def _whole(opened: IO[bytes], file: str) -> Iterator[Found | Fault]:
    """A bundle's entries, the one resource that the file holds, a list of them, or one on each line."""
    raw = opened.read()
    parsed = _parsed(raw)
    if isinstance(parsed, str):
        lines = raw.splitlines()
        if len(lines) > 1 and not isinstance(_parsed(lines[0]), str):
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield from _unfolded(_one(line, file, number), of_bundle=False)
            return
        yield Fault(file, 1, parsed)
        return
    if isinstance(parsed, list):
        for number, one in enumerate(parsed, start=1):
            yield from _unfolded(_found(one, file, number), of_bundle=False)
        return
    yield from _unfolded(_found(parsed, file, 1), of_bundle=True)


def _unfolded(found: Found | Fault, *, of_bundle: bool, depth: int = 0) -> Iterator[Found | Fault]:
    """A resource, or all that a bundle of whatever kind holds; places are entries where the file is one bundle."""
    if isinstance(found, Fault) or found.resource["resourceType"] != "Bundle":
        yield found
        return
    entries = found.resource.get("entry") or []
    if not isinstance(entries, list):
        yield Fault(found.file, found.line, "the bundle's entries are not a list")
        return
    names = _names(entries)
    for number, entry in enumerate(entries, start=1):
        if _says_nothing(entry):
            continue
        resource = _renamed(entry.get("resource") if isinstance(entry, dict) else None, entry, names)
        one = _found(resource, found.file, number if of_bundle else found.line)
        if depth < DEEPEST:
            yield from _unfolded(one, of_bundle=False, depth=depth + 1)


def _says_nothing(entry: Any) -> bool:
    """An entry that only reports how a search or a transaction went, or takes something away."""
    if not isinstance(entry, dict):
        return False
    request, search = entry.get("request"), entry.get("search")
    is_gone = isinstance(request, dict) and request.get("method") in ("DELETE", "GET", "HEAD")
    is_told = isinstance(search, dict) and search.get("mode") == "outcome"
    return ((is_gone or "response" in entry) and "resource" not in entry) or is_told


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
