"""A load over the regimen: its figures held against the table, and the finding in the words of the table."""

from collections.abc import Callable
from dataclasses import replace

from interactions.engine.load_tables import OLDER, Load
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.shares import STABLE, Shares, are_calm, keys, told, total
from interactions.engine.rules.situation import Situation

Lab = tuple[str, int | None, int | None]


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
    said: dict[str, object] = {"count": len(shares), "shares": told(shares), "capped": capped(shares), **more}
    found = draft(situation, code, load, keys(shares), said, case=case)
    advice = situation.formulary.derived.advised(code, [share[1] for share in shares])
    return replace(found, management=found.management + advice)


def calmed(situation: Situation, found: Draft, load: Load, shares: Shares, lab: Lab | None = None) -> Draft | None:
    """The same where all is long unchanged and nobody complains; None where that is not so, or does not count."""
    if load.calm is None or not are_calm(situation, shares, found.problem, lab):
        return None
    return replace(found, severity=load.calm, factors=STABLE, context=("stable",))
