"""The API as a table that a reviewer can read: operations, their fields and refusals, compared with the committed one.

python -m tests.openapi            # exit status 1 with a diff when the interface changed and nobody said so
python -m tests.openapi --write    # what `make openapi` does after a wanted change
"""

import difflib
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

TABLE = Path(__file__).resolve().parent.parent / "medmgmt" / "api" / "operations.txt"
HEAD = """\
# The API in short; `make openapi` writes it, `make check` compares it. The full document is served at /api/schema/.
# An operation: method, address, name, {query and headers}, (body) -> answers; refusals, with their kinds where they are
# not those at the end. A shape: its fields; * is always there or must be sent, ? may be null, [x] a list, {x} an object
# of any names, = a default.
"""
WIDTH = 118
JSON = ("application/json", "application/problem+json")
USUAL = {
    "400": "invalid-request malformed-request",
    "401": "not-authenticated",
    "403": "not-allowed csrf-failed out-of-scope",
    "404": "not-found",
    "406": "not-acceptable",
    "409": "request-in-progress done-before",
    "410": "link-expired",
    "412": "precondition-failed",
    "413": "too-large",
    "415": "unsupported-media-type",
    "422": "idempotency-key-reused refused",
    "428": "version-required",
    "429": "too-many-requests",
    "500": "server-error",
    "503": "busy",
}
USUAL_OF_READING = {**USUAL, "403": "not-allowed"}
"""What a status means where nothing else is said."""
ANY_NUMBER = (1, 9223372036854775807)
WORDS = {"string": "text", "integer": "int", "number": "number", "boolean": "yes/no", "object": "{}", "null": "null"}


def table(document: dict[str, Any]) -> str:
    """The whole table of an OpenAPI document."""
    operations = [
        operation(method.upper(), path, said)
        for path, item in document["paths"].items()
        for method, said in item.items()
    ]
    shapes = [f"{name}: {shape(said)}" for name, said in sorted(document["components"]["schemas"].items())]
    usual = [f"{status} {what}" for status, what in USUAL.items()]
    parts = [operations, shapes, ["Refusals: " + "; ".join(usual) + " (what reads needs no CSRF token)"]]
    return HEAD + "".join("\n" + "\n".join(map(wrapped, lines)) + "\n" for lines in parts)


def wrapped(line: str) -> str:
    """A long line goes on below, indented."""
    return textwrap.fill(line, WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)


def operation(method: str, path: str, said: dict[str, Any]) -> str:
    """One operation in a line."""
    asked = [parameter(one) for one in said.get("parameters", []) if one["in"] != "path"]
    body = said.get("requestBody", {})
    sent = f" ({', '.join(kinds(body))}{star(body)})" if body else ""
    answers = [f"{status} {', '.join(kinds(one))}" for status, one in said["responses"].items() if status < "400"]
    usual = USUAL_OF_READING if method == "GET" else USUAL
    refusals = [refusal(status, one, usual) for status, one in said["responses"].items() if status >= "400"]
    public = "" if {} not in said.get("security", [{}]) else " public"
    query = f" {{{', '.join(asked)}}}" if asked else ""
    return f"{method} {path} {said['operationId']}{public}{query}{sent} -> {'; '.join(answers)}; {' '.join(refusals)}"


def parameter(said: dict[str, Any]) -> str:
    return f"{said['name']}{star(said)} {word(said['schema'])}"


def star(said: dict[str, Any]) -> str:
    return "*" if said.get("required") else ""


def kinds(said: dict[str, Any]) -> list[str]:
    """The shapes of a body or an answer, with the media type where it is not JSON."""
    found = said.get("content", {}).items()
    return [word(one.get("schema", {})) + ("" if media in JSON else f" as {media}") for media, one in found] or ["none"]


def refusal(status: str, said: dict[str, Any], usual: dict[str, str]) -> str:
    """A status, with its kinds of problem where they are not the usual ones."""
    found = " ".join(re.findall(r"`([a-z-]+)`", said.get("description", "")))
    return status if found == usual.get(status) else f"{status}({found})"


def shape(said: dict[str, Any]) -> str:
    """The fields of an object, or the words of an enumeration."""
    if "properties" not in said:
        return word(said)
    required = set(said.get("required", ()))
    fields = said["properties"].items()
    return ", ".join(f"{name}{'*' if name in required else ''} {word(one)}" for name, one in fields)


def word(said: dict[str, Any]) -> str:
    """A value's kind in a word, with its limits."""
    return plain(said) + (f" ={json.dumps(said['default'])}" if "default" in said else "")


def plain(said: dict[str, Any]) -> str:
    if "$ref" in said:
        return str(said["$ref"]).rsplit("/", 1)[-1]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in said:
            return "|".join(word(one) for one in said[several])
    if "enum" in said:
        return " | ".join(json.dumps(one, ensure_ascii=False).strip('"') or '""' for one in said["enum"])
    named = said.get("type", "any")
    names = [named] if isinstance(named, str) else [name for name in named if name != "null"]
    maybe = "" if isinstance(named, str) or len(names) == len(named) else "?"
    return "|".join(of_type(name, said) for name in names) + maybe


def of_type(name: str, said: dict[str, Any]) -> str:
    """A type by its format or name, with what it holds or how long and great it may be."""
    if name == "array":
        return f"[{word(said.get('items', {}))}]{limits(said, 'minItems', 'maxItems')}"
    if name == "object" and "additionalProperties" in said:
        held = said["additionalProperties"]
        return f"{{{word(held) if isinstance(held, dict) else ''}}}"
    shown = said.get("format") if said.get("format") not in (None, "int64", "double") else WORDS.get(name, name)
    return f"{shown}{limits(said, 'minLength', 'maxLength')}{limits(said, 'minimum', 'maximum')}"


def limits(said: dict[str, Any], least: str, most: str) -> str:
    """From and to, as in text(1..200); nothing where any number goes."""
    found = (said.get(least), said.get(most))
    if found in ((None, None), ANY_NUMBER):
        return ""
    return f"({'' if found[0] is None else found[0]}..{'' if found[1] is None else found[1]})"


def today() -> dict[str, Any]:
    """The document as the code declares it now, valid and without a warning, or SystemExit with what is wrong."""
    command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--format", "openapi-json"]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        raise SystemExit(made.stdout + made.stderr)
    document: dict[str, Any] = json.loads(made.stdout)
    return document


def main(arguments: list[str]) -> int:
    """Exit status 1 with a diff when the table is not that of today."""
    new = table(today())
    if arguments == ["--write"]:
        TABLE.write_text(new, encoding="utf-8")
        return 0
    old = TABLE.read_text(encoding="utf-8")
    diff = list(difflib.unified_diff(old.splitlines(), new.splitlines(), "committed", "today", lineterm="", n=0))
    if diff:
        print("\n".join(diff[:60]), "\nThe API changed: run `make openapi` and commit the table if that was wanted.")
    return 1 if diff else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
