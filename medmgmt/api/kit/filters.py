"""Narrowing a list by query parameters: bounded values, and nothing that would put a name into an address."""

from typing import Any

import django_filters
from django import forms

from medmgmt.api.kit.fields import LARGEST_ID


class Id(django_filters.NumberFilter):  # type: ignore[misc]  # django-filter has no types
    """Things that belong to the thing of this number."""

    field_class = forms.IntegerField

    def __init__(self, field_name: str, **options: Any) -> None:
        super().__init__(field_name=field_name, min_value=1, max_value=LARGEST_ID, **options)

    def get_max_validator(self) -> None:
        """The field has its bounds already."""


class Choice(django_filters.ChoiceFilter):  # type: ignore[misc]  # django-filter has no types
    """Things whose code is this one of a known table."""


class Code(django_filters.CharFilter):  # type: ignore[misc]  # django-filter has no types
    """Things whose code is this one of a table that a release brings."""

    field_class = forms.SlugField

    def __init__(self, field_name: str, **options: Any) -> None:
        super().__init__(field_name=field_name, max_length=40, **options)


class Day(django_filters.DateFilter):  # type: ignore[misc]  # django-filter has no types
    """Things from, until or on a day, as YYYY-MM-DD."""

    def __init__(self, field_name: str, lookup_expr: str = "exact", **options: Any) -> None:
        super().__init__(field_name=field_name, lookup_expr=lookup_expr, input_formats=["%Y-%m-%d"], **options)


class YesOrNo(django_filters.BooleanFilter):  # type: ignore[misc]  # django-filter has no types
    """Things of which this is true, or is not."""


class FilterSet(django_filters.FilterSet):  # type: ignore[misc]  # django-filter has no types
    """The filters of one list."""
