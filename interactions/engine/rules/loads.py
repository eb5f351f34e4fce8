"""A load over the regimen: what each drug adds, the sum held against the table, and the finding in its words."""

from collections.abc import Callable
from dataclasses import replace

from interactions.engine.attributes import Profile
from interactions.engine.load_tables import OLDER, Load
from interactions.engine.rules import derived
from interactions.engine.rules.derived import Range
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation

STABLE = ("known and stable",)
Shares = list[tuple[Seat, Profile, int]]


def shares_of(situation: Situation, scale: str, at_least: int = 1) -> Shares:
    """Every drug of the day that adds so much on a scale, in the order of names."""
    found = situation.shares.get(scale, [])
    return found if at_least == 1 else [share for share in found if share[2] >= at_least]


def total(shares: Shares) -> int:
    """The sum of all."""
    return sum(share[2] for share in shares)


def shares_in_words(shares: Shares) -> str:
    """ "tramadol 2 + sertraline 3 = 5"."""
    ordered = sorted(shares, key=lambda share: (-share[2], share[1].key))
    return " + ".join(f"{one[1].key} {one[2]}" for one in ordered) + f" = {total(shares)}"


def keys(shares: Shares) -> tuple[str, ...]:
    """The drugs, by the keys under which the rules know them."""
    return tuple(profile.key for _, profile, _ in shares)


def are_calm(situation: Situation, shares: Shares, problem: str, lab: Range | None = None) -> bool:
    """Nothing changed for long, no complaint that belongs to the problem, and its lab recent and in range."""
    return all(
        situation.is_steady(seat.drug, situation.numbers.steady_days) for seat, _, _ in shares
    ) and derived.is_damped(situation, problem, lab)


def slight(shares: Shares) -> tuple[str, ...]:
    """Drugs with the least share, a weak or conditional effect: the load is there without them."""
    return tuple(profile.key for _, profile, share in shares if share == 1)


def capped(shares: Shares) -> int:
    """The sum, in which weak effects count twice at most."""
    weak = sum(share[2] for share in shares if share[2] == 1)
    return sum(share[2] for share in shares if share[2] >= 2) + min(weak, 2)


FIGURES: dict[str, Callable[[Shares], int]] = {
    "sum": total,
    "capped": capped,
    "strong": lambda shares: sum(share[2] >= 2 for share in shares),
    "respiratory": lambda shares: max((share[1].respiratory for share in shares), default=0),
}


def load_of(situation: Situation, code: str, count: int, shares: Shares | None = None) -> Load | None:
    """The row of the table that so many drugs with these shares meet; None where they add up to nothing."""
    fewest = situation.formulary.loads.fewest(code)
    if fewest is None or count < fewest:
        return None
    tables, of = situation.formulary.loads, shares or []
    figures = {name: FIGURES[name](of) for name in tables.asked(code) if name in FIGURES}
    return tables.found(code, {**figures, "drugs": count, OLDER: int(situation.is_older)})


def draft(
    situation: Situation, code: str, load: Load, drugs: tuple[str, ...], said: dict[str, object], *, case: str = ""
) -> Draft:
    """The finding in the table's words, at its plain severity; `said` fills the places in them."""
    words = situation.formulary.loads.words.get((code, case)) or situation.formulary.loads.words[code, ""]
    return Draft(
        "cumulative",
        words.problem,
        load.severity,
        drugs,
        words.summary.format(**said),
        words.management.format(**said),
        code,
        words.mechanism.format(**said),
        words.onset,
        words.source,
    )


def of_shares(situation: Situation, code: str, load: Load, shares: Shares, *, case: str = "", **more: str) -> Draft:
    """The finding on these shares, with what is added where one of them plays a part."""
    said: dict[str, object] = {
        "count": len(shares),
        "shares": shares_in_words(shares),
        "capped": capped(shares),
        **more,
    }
    found = draft(situation, code, load, keys(shares), said, case=case)
    advice = situation.formulary.derived.advised(code, [share[1] for share in shares])
    return replace(found, management=found.management + advice)


def calmed(situation: Situation, found: Draft, load: Load, shares: Shares, lab: Range | None = None) -> Draft | None:
    """The same where all is long unchanged and nobody complains; None where that is not so, or does not count."""
    if load.calm is None or not are_calm(situation, shares, found.problem, lab):
        return None
    return replace(found, severity=load.calm, factors=STABLE, context=("stable",))
