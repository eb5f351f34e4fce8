"""An order line tried out: how it would be understood, without anything being kept."""

from typing import Any

from rest_framework import serializers

from medmgmt.api.kit.endpoint import at, writes
from medmgmt.api.kit.fields import Amount, Strict, Text
from medmgmt.api.knowledge import DrugLine
from medmgmt.api.prescriptions import SigShown
from medmgmt.knowledge import reads
from medmgmt.record.models import User
from medmgmt.regimen.order_lines import OrderLine, Product


class TypedLine(Strict):
    """The line, and the product where it is chosen already; else the line names its drug, if only by its beginning."""

    line = Text(required=True, max_length=500)
    drug = Text(max_length=300)
    strength = Text(max_length=120)
    form = Text(max_length=120)


class Expansion(serializers.Serializer[Any]):
    """A short form that is easily misread, with what it was taken for."""

    written = serializers.CharField(source="0")
    meant = serializers.CharField(source="1")


class UnderstoodLine(serializers.Serializer[Any]):
    """The sig that was understood, in words and in milligrams."""

    told = serializers.CharField(help_text="The whole in words: what is taken when, a day, and in tablets.")
    sig = SigShown()
    drug = DrugLine(allow_null=True, help_text="Where the line named it.")
    strength = serializers.CharField(source="product.strength")
    form = serializers.CharField(source="product.form")
    mg_per_day = Amount(source="doses.per_day", max_digits=40, decimal_places=4, allow_null=True)
    mg_per_dose = Amount(source="doses.per_dose", max_digits=40, decimal_places=4, allow_null=True)
    not_in_mg = serializers.CharField(source="doses.why", help_text="Why it is not known in milligrams, if it is not.")
    pieces = serializers.CharField(help_text="The doses in tablets or the like, where the strength says it.")
    indication = serializers.CharField()
    expanded = Expansion(many=True)


def understand(by: User, *, line: str, drug: str, strength: str, form: str) -> OrderLine:
    """How an order line is understood, or the sentence that asks. Nothing is kept."""
    return reads.order_line(by, line, Product(drug, strength, form))


# fmt: off
ADDRESSES = [
    at("order-lines/understand", "understand-line", called="OrderLineUnderstood",
       post=writes(UnderstoodLine, understand, takes=TypedLine, refuses=("refused",), only_reads=True)),
]
# fmt: on
