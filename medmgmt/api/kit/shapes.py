"""Shapes made from what they show or ask for: a table's columns, a dataclass's members, an act's keywords."""

import inspect
from collections.abc import Callable
from copy import deepcopy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

from django.core.validators import MaxLengthValidator
from django.db import models
from rest_framework import serializers

from medmgmt.actions import shapes
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Rxcui, Strict
from refills import bounds

Field = serializers.Field[Any, Any, Any, Any]
LONGEST = 4000
"""Of a text whose column has no bound."""
OF_COLUMNS: dict[object, Callable[..., Field]] = {
    models.DateField: Day,
    models.DateTimeField: Instant,
    models.BooleanField: serializers.BooleanField,
    models.CharField: serializers.CharField,
    models.TextField: serializers.CharField,
}
OF_KINDS: dict[object, Callable[..., Field]] = {
    str: serializers.CharField,
    int: serializers.IntegerField,
    bool: serializers.BooleanField,
    float: serializers.FloatField,
    date: Day,
    datetime: Instant,
    Decimal: Amount,
}


class Shown(serializers.Serializer[Any]):
    """Shows what is named of a table, a class with typed members or a dict, each as its kind is shown everywhere.

    `shows` is the class and the names; `a.b` is b of its a. What is declared beside it is shown as declared: in its
    place where it is named as well, else at the end.
    """

    shows: ClassVar[tuple[type, str]]

    def get_fields(self) -> dict[str, Field]:
        declared = super().get_fields()
        return in_place(deepcopy(shown(*self.shows, frozenset(declared))), declared)


class BodyOfAct(Strict):
    """Asks for what an act asks for, within the bounds of the columns that it is written to.

    `asks` is the act, `only` some of its keywords; with `any_of` each may be left out. What is declared beside them is
    asked for as declared.
    """

    asks: ClassVar[Callable[..., object]]
    only: ClassVar[str] = ""
    any_of: ClassVar[bool] = False

    def get_fields(self) -> dict[str, Field]:
        declared = super().get_fields()
        kind = type(self)
        return in_place(deepcopy(asked(kind.asks, kind.only, kind.any_of, frozenset(declared))), declared)


def in_place(named: dict[str, Field | None], declared: dict[str, Field]) -> dict[str, Field]:
    """The fields in the order of their names, then what was only declared."""
    return {**{name: declared[name] if field is None else field for name, field in named.items()}, **declared}


@cache
def shown(thing: type, names: str, declared: frozenset[str]) -> dict[str, Field | None]:
    """A field for each name; None for what is declared."""
    paths = [path.rpartition(".") for path in names.split()]
    return {name: None if name in declared else member(thing, above, name) for above, _dot, name in paths}


def member(thing: type, above: str, name: str) -> Field:
    """The field of one column or member; `above` is the way to whose member it is."""
    if above:
        thing = shapes.without_none(hint(thing, above))  # type: ignore[assignment]  # members of members are classes
    column = shapes.column_of(thing, name)
    of = f"{above}." if above else ""
    return of_column(column, of) if column is not None else of_hint(hint(thing, name), name, of)


def hint(thing: type, name: str) -> object:
    """The declared type of a member, a property or a column that points to another table."""
    if get_origin(thing) is dict:
        return get_args(thing)[1]
    column = shapes.column_of(thing, name)
    if isinstance(column, models.ForeignKey):
        return column.related_model
    found = inspect.getattr_static(thing, name, None)
    if isinstance(found, property) or hasattr(found, "func"):
        return get_type_hints(found.fget if isinstance(found, property) else found.func)["return"]
    return get_type_hints(thing)[name]


def of_column(column: "models.Field[Any, Any]", of: str) -> Field:
    """How a column is shown."""
    options: dict[str, Any] = {"allow_null": True} if column.null else {}
    if isinstance(column, models.ForeignKey):
        return Id(source=of + column.attname, **options)
    if of:
        options["source"] = of + column.name
    if column.primary_key:
        return Id(**options)
    if "rxcui" in column.name:
        return Rxcui(**options)
    if column.choices:
        return serializers.ChoiceField(column.choices, **options)
    if isinstance(column, models.JSONField):
        return serializers.DictField(**options) if column.default is dict else texts(**options)
    if isinstance(column, models.DecimalField):
        return Amount(max_digits=column.max_digits, decimal_places=column.decimal_places, **options)
    known = (OF_COLUMNS[kind] for kind in type(column).__mro__ if kind in OF_COLUMNS)
    return next(known, serializers.IntegerField)(**options)


def of_hint(kind: object, name: str, of: str) -> Field:
    """How a member of a declared type is shown."""
    options: dict[str, Any] = {"allow_null": True} if NoneType in get_args(kind) else {}
    if of:
        options["source"] = of + name
    plain = shapes.without_none(kind)
    if plain in OF_KINDS:
        return OF_KINDS[plain](**options)
    inner = get_args(plain)
    if get_origin(plain) is dict:
        return serializers.DictField(child=OF_KINDS[inner[1]](), **options)
    if not inner or inner[0] not in OF_KINDS:
        raise TypeError(f"{name} is shown by no rule: declare it")
    return serializers.ListField(child=OF_KINDS[inner[0]](), **options)


def texts(**options: Any) -> Field:
    """A list of texts."""
    return serializers.ListField(child=serializers.CharField(), **options)


@cache
def asked(act: Callable[..., object], only: str, any_of: bool, declared: frozenset[str]) -> dict[str, Field | None]:
    """A field for each keyword of an act; None for what is declared."""
    details = shapes.details(act)
    names = only.split() or list(details)
    return {name: None if name in declared else asking(details[name], any_of) for name in names}


def asking(detail: shapes.Detail, any_of: bool) -> Field:
    """The field that asks for one keyword."""
    column, default = detail.column, detail.default
    options: dict[str, Any] = {}
    if any_of or (not detail.is_needed and default is None):
        options["required"] = False
    elif not detail.is_needed:
        options["default"] = default
    if not detail.is_needed and default is None:
        options["allow_null"] = True
    if default == "":
        options["allow_blank"] = True
    if detail.name != detail.shown_name:
        return Id(source=detail.name, **options)
    if column is not None and "rxcui" in column.name:
        return Rxcui(**options)
    if column is not None and column.choices:
        return serializers.ChoiceField(column.choices, **options)
    if detail.kind in (int, Decimal):
        options |= bounds.limits(detail.name)
    if isinstance(column, models.DecimalField):
        return Amount(max_digits=column.max_digits, decimal_places=column.decimal_places, **options)
    if detail.kind is str:
        return asking_text(detail, options)
    return OF_KINDS[detail.kind](**options)


def asking_text(detail: shapes.Detail, options: dict[str, Any]) -> Field:
    """Text within the length of its column, checked as the column is."""
    column = detail.column
    checks = [one for one in column.validators if not isinstance(one, MaxLengthValidator)] if column else []
    options |= {"validators": checks} if checks else {}
    return serializers.CharField(max_length=getattr(column, "max_length", None) or LONGEST, **options)
