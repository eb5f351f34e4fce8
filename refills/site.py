"""Every number the site decides, read once."""

from collections.abc import Collection
from datetime import timedelta
from functools import lru_cache
from itertools import count, takewhile
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from refills.supply import rules
from refills.supply.rules import EVERY_DRUG, Rules


def supply_rules() -> Rules:
    """The numbers that hold here: the federal rows and the clinic's, those of its states, and those of its own table.

    Of several rows for one thing the strictest counts, so that no table loosens another.
    """
    return rules_of(tuple(settings.SUPPLY_STATES), str(settings.SUPPLY_RULES))


def whole(name: str, scopes: Collection[str] = ()) -> int:
    """The number of this name for a drug of these scopes; without any the one for every drug. NoSuchRule where the
    tables have none."""
    return supply_rules().whole(name, {EVERY_DRUG, *scopes})


def days(name: str) -> timedelta:
    """The same as a length of time."""
    return timedelta(days=whole(name))


def cadence(name: str) -> tuple[int, ...]:
    """The days of the rows name_1, name_2 and on, in their order."""
    numbers = supply_rules()
    rows = (numbers.find(f"{name}_{place}", {EVERY_DRUG}) for place in count(1))
    return tuple(int(row.value) for row in takewhile(bool, rows) if row)


def period(name: str) -> str:
    """A number of days as a sentence to a clinician says it: "two years", "four weeks", "40 days"."""
    number = whole(name)
    words = {28: _("four weeks"), 730: _("two years")}
    return words.get(number) or ngettext("%(days)s day", "%(days)s days", number) % {"days": number}


@lru_cache(maxsize=8)
def rules_of(states: tuple[str, ...], own: str) -> Rules:
    """The same for given states and a table of the site's own; read once a process."""
    shipped = settings.BASE_DIR / "data"
    found = rules.load(shipped / "refill_rules.csv").tightened_by(rules.load(shipped / "state_refill_rules.csv").rows)
    found = found.tightened_by(rules.load(Path(own)).rows) if own else found
    return found.within({"US", "site", *states})
