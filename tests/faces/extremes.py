"""What no field should be made to swallow, by what it asks for; and every field that there is, read off the faces.

Fields of the API come from the OpenAPI document, fields of the pages from the forms that the pages themselves show, so
that whoever adds a field adds it here as well without knowing.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from tests.faces.api import declared

WHOLE: list[Any] = [-1, 0, 366, 367, 32_768, 9_406_138, 2**31, 2**63, 10**19 - 1]
NUMBERS = ["-0", "-1", "0.0001", "10000", "5824205", "9999999.999", "1e400", "NaN", "Infinity", "9" * 30, "٣"]
DAYS = ["0000-00-00", "0001-01-01", "1880-01-01", "2199-12-31", "9999-12-31", "2026-02-30"]
MOMENTS = ["0001-01-01T00:00:00+23:59", "1880-01-01T12:00:00Z", "2199-12-31T23:59:59Z", "9999-12-31T23:59:59-23:59",
           "2026-11-21T25:00:00Z"]  # fmt: skip
TEXTS = ["\x00", "\ud800", "a\r\nBcc: x@y.example", "x" * 5000, "\u202e\u2028<b>", "9" * 40]
ODD: list[Any] = [None, [], {"a": 1}]


MOST_VALUES = 5


@dataclass(frozen=True)
class Field:
    """Where a value goes (a path in a body, a name in a form), and what it may be made to be."""

    path: tuple[str, ...]
    every: list[Any] = field(hash=False)

    @property
    def values(self) -> list[Any]:
        """Some of them, the same in every run; fields of many names cover them all."""
        return random.Random(".".join(self.path)).sample(self.every, min(MOST_VALUES, len(self.every)))


def of_body(method: str, path: str) -> list[Field]:
    """Every field of the body of an operation, those that may be left out as well."""
    content = (declared.operation(method, path) or {}).get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    return list(fields_of(schema))


def of_query(method: str, path: str) -> list[Field]:
    """Every parameter after the question mark."""
    parameters = (declared.operation(method, path) or {}).get("parameters", [])
    return [Field((one["name"],), values_of(one["schema"])) for one in parameters if one["in"] == "query"]


def resolved(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema itself, behind references and the ways of saying that it may be null."""
    while True:
        if "$ref" in schema:
            schema = declared.document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        elif choices := schema.get("oneOf") or schema.get("anyOf") or schema.get("allOf"):
            schema = next((one for one in choices if one.get("type") != "null" and "NullEnum" not in str(one)), {})
        else:
            return schema


def fields_of(schema: dict[str, Any], path: tuple[str, ...] = (), deep: int = 0) -> Iterator[Field]:
    """Each field of an object and of the objects in it."""
    schema = resolved(schema)
    if path:
        yield Field(path, values_of(schema))
    if deep < 4:
        for name, inner in schema.get("properties", {}).items():
            yield from fields_of(inner, (*path, name), deep + 1)
        if "items" in schema:
            yield from fields_of(schema["items"], (*path, "0"), deep + 1)


def values_of(schema: dict[str, Any]) -> list[Any]:
    """What a value of this kind is made to be."""
    schema = resolved(schema)
    kinds, form = schema.get("type", "string"), schema.get("format", "")
    kind = next((one for one in kinds if one != "null"), "null") if isinstance(kinds, list) else kinds
    if kind == "integer":
        return [*WHOLE, "NaN", *ODD]
    if kind == "number" or form in ("decimal", "double") or "pattern" in schema:
        return [*NUMBERS, 2**63, *ODD]
    if form == "date":
        return [*DAYS, "\x00", *ODD]
    if form == "date-time":
        return [*MOMENTS, *DAYS[:2], "\ud800", *ODD]
    return [*TEXTS, 2**63, *ODD] if kind == "string" else [*ODD, "\x00", 2**63]


def put(body: Any, path: tuple[str, ...], value: Any) -> Any:
    """The body with a value at that place; places on the way there are made where there are none."""
    if not path:
        return value
    [name, *rest] = path
    if name == "0":
        first, *others = body if isinstance(body, list) and body else [{}]
        return [put(first, tuple(rest), value), *others]
    known = body if isinstance(body, dict) else {}
    return {**known, name: put(known.get(name), tuple(rest), value)}


@dataclass
class Form:
    """A form as a page shows it: where it is sent, and each of its fields with the kind and the value it has there."""

    action: str
    kinds: dict[str, str] = field(default_factory=dict)
    filled: dict[str, list[str]] = field(default_factory=dict)

    def fields(self) -> list[Field]:
        """Every field with what it is made to be."""
        return [Field((name,), OF_INPUTS.get(kind, TEXTS)) for name, kind in sorted(self.kinds.items())]


OF_INPUTS: dict[str, list[Any]] = {
    "date": [*DAYS, "\x00"],
    "datetime-local": [moment.removesuffix("Z") for moment in MOMENTS],
    "decimal": [*NUMBERS, "\x00", "\ud800"],
    "numeric": [*NUMBERS, *map(str, WHOLE[:6]), "\x00"],
    "hidden": ["-1", "\x00", "\ud800", "9" * 30, "x"],
    "select": ["\x00", "\ud800", "9" * 30],
}
NO_FIELDS = ("csrfmiddlewaretoken",)


class Reader(HTMLParser):
    """The forms of a page that are sent by POST."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address, self.found, self.here, self.select = address, list[Form](), Form(""), ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attributes}
        name = said.get("name", "")
        if tag == "form":
            action = re.sub(r"#.*", "", said.get("action") or said.get("hx-post") or self.address)
            self.here = Form(action)
            if said.get("method", "").lower() == "post" and action.startswith("/"):
                self.found.append(self.here)
        elif tag in ("input", "button", "textarea", "select") and name and name not in NO_FIELDS:
            kind = said.get("type", "text") if tag == "input" else "select" if tag == "select" else "text"
            kind = said.get("inputmode", kind) if kind == "text" else kind
            self.here.kinds[name] = "select" if kind in ("radio", "checkbox", "submit") else kind
            self.select = name if tag == "select" else self.select
            if tag == "input" and said.get("value") and (kind not in ("radio", "checkbox") or "checked" in said):
                self.here.filled.setdefault(name, []).append(said["value"])
        elif tag == "option" and "selected" in said and self.select:
            self.here.filled[self.select] = [said.get("value", "")]


def forms_on(address: str, page: str) -> list[Form]:
    """The forms that a page shows."""
    reader = Reader(address)
    reader.feed(page)
    return reader.found
