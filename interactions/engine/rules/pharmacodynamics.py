"""What two drugs do together at the same target (D04 to D15), from the scores of each and the table of pairs."""

from collections.abc import Iterator

from interactions.engine.attributes import Profile
from interactions.engine.derivation import Derived, keys
from interactions.engine.derived_tables import DerivedTables, PairEffect


def derive(a: Profile, b: Profile, tables: DerivedTables) -> Iterator[Derived]:
    """Everything the two do together, once a code."""
    for effects in tables.effects:
        found = effects.found(a, b)
        if found is not None:
            yield _derived(*found, tables)


def _derived(row: PairEffect, one: Profile, other: Profile, tables: DerivedTables) -> Derived:
    sides = {"one": one.key, "other": other.key, "both": keys(one, other)}
    acts, suffers = sides.get(row.acts, ""), sides.get(row.suffers, "")
    in_order = sorted((one, other), key=lambda profile: profile.number)
    return Derived(
        row.code,
        row.problem,
        row.severity,
        row.raised,
        row.mechanism.format(**sides),
        row.management.format(**sides) + tables.advised(row.code, in_order),
        row.onset,
        acts,
        suffers,
        effect=row.effect.format(acts=acts, suffers=suffers),
    )
