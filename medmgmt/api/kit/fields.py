"""Fields that requests and answers are made of: days, instants, amounts, ids, each within sane bounds."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from interactions.engine import written
from medmgmt.record import legible
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY

LARGEST_ID = 2**63 - 1
LARGEST_NUMBER = 2**31 - 1
NUMBERS = (serializers.DecimalField, serializers.IntegerField, serializers.FloatField)
LAST_DAY = date.fromordinal(LATEST_DAY.toordinal() - 1)


UNREADABLE = _("This holds a control character that nobody can read. Send it without it.")


def is_unreadable(value: object) -> bool:
    """Whether a text, or one of a list of texts, holds a control character."""
    texts = value if isinstance(value, list) else [value]
    return any(isinstance(one, str) and legible.has_controls(one) for one in texts)


class Strict(serializers.Serializer[Any]):
    """A body in which every name must be known: a misspelt field is an answer the sender believes was given."""

    def to_internal_value(self, data: Any) -> Any:  # Any: DRF's own signature
        """The validated values; names that are not ours are refused together with values that are not valid."""
        unknown = [name for name in data if name not in self.fields] if isinstance(data, Mapping) else []
        faults: dict[str, Any] = {str(name)[:100]: [_("There is no such field.")] for name in unknown}
        faults |= {name: [_("A valid number is required.")] for name in odd_numbers(self, data)}
        if isinstance(data, Mapping):
            faults |= {name: [UNREADABLE] for name, value in data.items() if is_unreadable(value)}
            data = {name: legible.plain(value) if isinstance(value, str) else value for name, value in data.items()}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as wrong:
            if isinstance(wrong.detail, dict):
                raise serializers.ValidationError({**wrong.detail, **faults}) from wrong
            raise
        if faults:
            raise serializers.ValidationError(faults)
        return values


def odd_numbers(body: serializers.Serializer[Any], data: Any) -> list[str]:
    """The fields whose number came as text that only a programming language reads as one: 1_000, 1e3, NaN."""
    said = data if isinstance(data, Mapping) else {}
    texts = {name: said[name] for name, field in body.fields.items() if name in said and isinstance(field, NUMBERS)}
    return [name for name, text in texts.items() if isinstance(text, str) and written.number(text) is None]


class Day(serializers.DateField):
    """A calendar day within the years the record accepts, as YYYY-MM-DD."""

    def __init__(self, **options: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%d"], **options)
        self.validators += [MinValueValidator(EARLIEST_DAY), MaxValueValidator(LAST_DAY)]


class Instant(serializers.DateTimeField):
    """A moment: read only with its offset from UTC, written in UTC."""

    def __init__(self, **options: Any) -> None:
        super().__init__(default_timezone=UTC, **options)

    def to_internal_value(self, value: Any) -> datetime:  # Any: whatever the JSON held
        """Without an offset nobody can say which moment is meant, so it is refused."""
        if isinstance(value, str) and not value.strip().endswith(("Z", "z")) and "+" not in value:
            date_part, _separator, clock = value.partition("T")
            if "-" not in clock and len(date_part) >= 8:
                raise serializers.ValidationError(_("Give the offset from UTC as well, for instance Z or -05:00."))
        moment: datetime = super().to_internal_value(value)
        if not EARLIEST_DAY < moment.date() < LATEST_DAY:
            raise serializers.ValidationError(_("This is not a sane date."))
        return moment


class Amount(serializers.DecimalField):
    """A decimal quantity; given back without trailing zeros, as text so that no digit is lost."""

    def __init__(self, *, max_digits: int = 12, decimal_places: int = 4, **options: Any) -> None:
        super().__init__(max_digits=max_digits, decimal_places=decimal_places, normalize_output=True, **options)


class Figure(serializers.CharField):
    """A number as JSON has it, or as a laboratory prints it: 1500, "1,500", "<0.1", "0.3 x10^9/L"."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=60, **options)

    def to_internal_value(self, data: Any) -> str:  # Any: whatever the JSON held
        """As text; what it means is for the room that knows its units."""
        return super().to_internal_value(f"{data:f}" if isinstance(data, Decimal) else data)


class Id(serializers.IntegerField):
    """The number of a thing in this record."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_ID, **options)


class Rxcui(serializers.IntegerField):
    """An RxNorm concept (RxNorm, U.S. National Library of Medicine)."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=1, max_value=LARGEST_NUMBER, **options)


class Text(serializers.CharField):
    """One line or a few of text that may be left out; blank when nothing was said."""

    def __init__(self, *, max_length: int = 4000, **options: Any) -> None:
        blank = {} if options.get("read_only") or options.get("required") else {"default": "", "allow_blank": True}
        super().__init__(max_length=max_length, **{**blank, **options})
