"""What is worked out, with the grades that the clinic has given it in place of its own."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from interactions.engine.derivation import Derived
from interactions.engine.findings import Match
from interactions.engine.pair_table import NUMBER_BITS
from interactions.engine.regrading import Regrades
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.severity import Severity

Memory = Mapping[int, Sequence[Derived]]


def matches(found: list[Match], seats: Sequence[Seat], memory: Memory, regrades: Regrades) -> list[Match]:
    """Derived words on pairs; what is known of the person moves the given grade by as many steps as its own."""
    return [_match(match, seats, memory, regrades) for match in found] if regrades else found


def _match(match: Match, seats: Sequence[Seat], memory: Memory, regrades: Regrades) -> Match:
    a, b = seats[match.a], seats[match.b]
    regrade = regrades.last(match.grade.rule_id, ((one.entry.key, one.rules_entry.key) for one in (a, b)))
    if regrade is None:
        return match
    steps = match.grade.severity - _usual(match, a, b, memory)
    severity = Severity(min(max(regrade.severity + steps, Severity.MINOR), Severity.CONTRAINDICATED))
    told = regrade.told(match.grade.citation, severity, match.grade.severity)
    return match._replace(grade=match.grade._replace(severity=severity, citation=told))


def _usual(match: Match, a: Seat, b: Seat, memory: Memory) -> Severity:
    """The derivation's grade before the person was looked at."""
    if a.profile is None or b.profile is None:
        return match.grade.severity
    low, high = sorted((a.profile.number, b.profile.number))
    for one in memory.get(low << NUMBER_BITS | high, ()):
        if (one.code, one.problem, one.suffers) == (match.grade.rule_id, match.problem, match.suffers):
            return one.severity or one.raised or match.grade.severity
    return match.grade.severity


def drafts(found: Iterable[Draft], regrades: Regrades) -> Iterator[Draft]:
    """What concerns one drug, or the regimen as a whole: the given grade in place of the one worked out."""
    for draft in found:
        regrade = regrades.last(draft.rule_id, ((key,) for key in draft.keys))
        if regrade is None:
            yield draft
            continue
        told = regrade.told(draft.citation, regrade.severity, draft.severity)
        yield replace(draft, severity=regrade.severity, citation=told)
