"""A chart as JSON, written piece by piece; README.md beside this file tells the shape."""

import json
from collections.abc import Iterator

from django.conf import settings

from medmgmt.exporting import reading
from medmgmt.exporting.reading import Export

FORMAT, VERSION = "medmgmt-chart", 1
MEDIA_TYPE = "application/json"


def pieces(export: Export) -> Iterator[bytes]:
    """The document in pieces of a row each. What ends without `complete` was cut off."""
    head = {
        "format": FORMAT,
        "format_version": VERSION,
        "site": settings.SITE_NAME,
        "exported_at": export.at.isoformat(),
        "exported_by": {"id": export.by.pk, "name": export.by.get_full_name() or export.by.get_username()},
        "reason": export.why,
        "notices": list(export.notices),
    }
    yield said(head)[:-1]
    for section in reading.sections():
        yield b",\n" + said(section.name) + b": ["
        between = b"\n"
        for row in reading.rows(section, export):
            yield between + said(row)
            between = b",\n"
        yield b"]"
    yield b',\n"complete": true}\n'


def said(value: object) -> bytes:
    """One value as JSON; what is not text, number, yes or no is told as `reading.plain` tells it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, default=reading.plain)
    return text.encode("utf-8", "backslashreplace")  # half a pair of surrogates is \udxxx, as JSON spells it
