"""What an act asks for, read from its own signature: bodies of the API and forms of the pages are made from it."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args, get_type_hints

from django.core.exceptions import FieldDoesNotExist
from django.db import models

BESIDE = "version"
"""Travels beside what is said: the version that was seen."""


@dataclass(frozen=True)
class Detail:
    """One keyword of an act, with the column of the same name in what the act makes, if there is one."""

    name: str
    kind: object
    column: "models.Field[Any, Any] | None"
    is_needed: bool
    default: Any  # whatever the signature says

    @property
    def shown_name(self) -> str:
        """As callers name it: `patient` for `patient_id`."""
        return self.name.removesuffix("_id")


@cache
def details(act: Callable[..., object]) -> dict[str, Detail]:
    """The keywords of an act in their order, by the name that callers use; who acts and on what is not among them."""
    hints = get_type_hints(act)
    made = hints["return"]
    asked = [one for one in inspect.signature(act).parameters.values() if one.kind is one.KEYWORD_ONLY]
    found = [
        Detail(
            name=one.name,
            kind=without_none(hints[one.name]),
            column=column_of(made, one.name.removesuffix("_id")),
            is_needed=one.default is one.empty,
            default=None if one.default is one.empty else one.default,
        )
        for one in asked
        if one.name != BESIDE
    ]
    return {detail.shown_name: detail for detail in found}


def column_of(thing: object, name: str) -> "models.Field[Any, Any] | None":
    """The column of a table, None where the thing is no table or has no such column."""
    if not (isinstance(thing, type) and issubclass(thing, models.Model)):
        return None
    try:
        column = thing._meta.get_field(name)
    except FieldDoesNotExist:
        return None
    return column if isinstance(column, models.Field) else None


def without_none(kind: object) -> object:
    """The type itself of one that may be None."""
    kinds = [one for one in get_args(kind) if one is not NoneType]
    return kinds[0] if NoneType in get_args(kind) and len(kinds) == 1 else kind
