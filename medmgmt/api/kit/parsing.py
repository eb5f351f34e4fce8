"""Request bodies: JSON in UTF-8, of bounded size and depth, holding nothing that a database cannot keep."""

import json
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.utils.http import parse_header_parameters
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

from medmgmt.problems import ProblemRaised

DEEPEST = 24
LONGEST_NUMBER = 40
LARGEST_EXPONENT = 30
# A string, closed or not, or one bracket: an unclosed string still matches to the end, so the scan stays linear.
TOKENS = re.compile(r'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)
UNKEEPABLE = re.compile("[\x00\ud800-\udfff]")


class JSONParser(BaseParser):
    """Refuses what Python's own parser accepts or chokes on: NaN, huge numbers, deep nesting, a name given twice."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:  # Any: what JSON holds
        """The value the body holds; numbers with a fraction come as Decimal. An empty body is an empty object."""
        require_utf8(media_type or "")
        return loads(read(stream))


def require_utf8(media_type: str) -> None:
    """JSON travels as UTF-8 (RFC 8259, section 8.1)."""
    _kind, parameters = parse_header_parameters(media_type)
    if parameters.get("charset", "utf-8").lower() not in ("utf-8", "utf8"):
        raise UnsupportedMediaType(media_type)


def read(stream: IO[Any]) -> str:
    """The body as text, never more of it than settings allow."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    body: bytes = stream.read(limit + 1)
    if len(body) > limit:
        raise ProblemRaised("too-large", _("A body may have at most %(limit)d bytes.") % {"limit": limit})
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as wrong:
        raise ParseError(_("The body is not UTF-8.")) from wrong


def loads(text: str) -> object:
    """The JSON value in `text`; ParseError says in a sentence what is wrong with it."""
    require_shallow(text)
    try:
        value = json.loads(
            text or "{}", parse_int=integer, parse_float=fraction, parse_constant=constant, object_pairs_hook=members
        )
    except json.JSONDecodeError as wrong:
        raise ParseError(_("The body is not JSON: see line %(line)d.") % {"line": wrong.lineno}) from wrong
    require_keepable(value)
    return value


def require_shallow(text: str) -> None:
    """Counts brackets before parsing: Python's parser ends in a crash where nesting is deep enough."""
    depth = 0
    for token in TOKENS.finditer(text):
        sign = token[0]
        depth += (sign in "[{") - (sign in "]}") if len(sign) == 1 else 0
        if depth > DEEPEST:
            raise ParseError(_("The body is nested deeper than %(deepest)d levels.") % {"deepest": DEEPEST})


def require_keepable(value: object) -> None:
    """No NUL and no half of a surrogate pair anywhere: PostgreSQL and UTF-8 cannot hold them."""
    if isinstance(value, str):
        if UNKEEPABLE.search(value):
            raise ParseError(_("The body holds a character that cannot be kept."))
    elif isinstance(value, dict):
        for name, inner in value.items():
            require_keepable(name)
            require_keepable(inner)
    elif isinstance(value, list):
        for inner in value:
            require_keepable(inner)


def integer(digits: str) -> int:
    """A whole number of at most nineteen digits, which is what the database's widest column holds."""
    if len(digits) > 19:
        raise ParseError(_("The body holds a number that is too large."))
    return int(digits)


def fraction(digits: str) -> Decimal:
    """A number as it was written; one of absurd length or size is refused."""
    number = Decimal(digits) if len(digits) <= LONGEST_NUMBER else None
    if number is None or abs(number.adjusted()) > LARGEST_EXPONENT:
        raise ParseError(_("The body holds a number that is too large or too long."))
    return number


def constant(name: str) -> object:
    """NaN and Infinity are not JSON, though Python reads them."""
    raise ParseError(_("The body holds a number that is not finite."))


def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object whose names are given once each: of two doses under one name nobody can say which is meant."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ParseError(_("The body names something twice."))
    return found
