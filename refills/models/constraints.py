"""What must hold in a table, each named by a sentence that a person reads when it is broken."""

from django.db.models import CheckConstraint, Q, UniqueConstraint

from refills import bounds


def rule(sentence: str, condition: Q) -> CheckConstraint:
    """What every row must meet; the sentence is in small letters and joined by underscores."""
    return CheckConstraint(condition=condition, name=sentence)


def within(column: str) -> Q:
    """What can be meant by a number, by the table of bounds."""
    bound = bounds.OF[column]
    return Q(**{f"{column}__gte": bound.least, f"{column}__lte": bound.most})


def once(sentence: str, *fields: str, among: Q | None = None) -> UniqueConstraint:
    """What no two rows have in common, or no two `among` those that meet a condition."""
    return UniqueConstraint(fields=fields, condition=among, name=sentence)
