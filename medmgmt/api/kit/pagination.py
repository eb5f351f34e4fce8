"""Pages of a list: numbered, of bounded size, in an order that two requests agree on."""

import re
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request


class Pages(PageNumberPagination):
    """Answers `count`, `next`, `previous`, `results`. Out of range is not found; nonsense is refused."""

    page_size = 25
    max_page_size = 200
    page_size_query_param = "page_size"

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The page in OpenAPI 3.1; DRF's own is for 3.0."""
        link = {"type": ["string", "null"], "format": "uri"}
        pages = {"count": {"type": "integer"}, "next": link, "previous": link, "results": schema}
        return {"type": "object", "required": list(pages), "properties": pages}

    def get_page_size(self, request: Request) -> int:
        """What was asked for, from 1 to the largest page."""
        return self.whole_number(request, "page_size", self.page_size, self.max_page_size)

    def get_page_number(self, request: Request, paginator: object) -> int:
        """The page asked for; page 1 of an empty list exists."""
        return self.whole_number(request, "page", 1, 1_000_000)

    @staticmethod
    def whole_number(request: Request, name: str, default: int, most: int) -> int:
        """The query parameter `name` as a number from 1 to `most`; anything else is refused by name."""
        text = request.query_params.get(name, str(default))
        if not re.fullmatch(r"[0-9]{1,9}", text) or not 1 <= int(text) <= most:
            raise ValidationError({name: [_("Must be a whole number from 1 to %(most)d.") % {"most": most}]})
        return int(text)
