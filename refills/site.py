"""Every number the site decides, read once."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from refills.supply import rules
from refills.supply.rules import Rules


def supply_rules() -> Rules:
    """The numbers that hold here: the federal rows and the clinic's, those of its states, and those of its own table.

    Of several rows for one thing the strictest counts, so that no table loosens another.
    """
    return rules_of(tuple(settings.SUPPLY_STATES), str(settings.SUPPLY_RULES))


@lru_cache(maxsize=8)
def rules_of(states: tuple[str, ...], own: str) -> Rules:
    """The same for given states and a table of the site's own; read once a process."""
    shipped = settings.BASE_DIR / "data"
    found = rules.load(shipped / "refill_rules.csv").tightened_by(rules.load(shipped / "state_refill_rules.csv").rows)
    found = found.tightened_by(rules.load(Path(own)).rows) if own else found
    return found.within({"US", "site", *states})
