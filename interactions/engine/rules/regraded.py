"""What is worked out, with the grades that the clinic has given it in place of its own."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from interactions.engine.findings import Match
from interactions.engine.regrading import Regrades
from interactions.engine.rules.derived import of_pair
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity


def matches(found: list[Match], situation: Situation, regrades: Regrades) -> list[Match]:
    """Derived words on pairs; what is known of the person moves the given grade by as many steps as its own."""
    return [_match(match, situation, regrades) for match in found] if regrades else found


def _match(match: Match, situation: Situation, regrades: Regrades) -> Match:
    a, b = situation.seats[match.a], situation.seats[match.b]
    regrade = regrades.last(match.grade.rule_id, ((one.entry.key, one.rules_entry.key) for one in (a, b)))
    if regrade is None:
        return match
    steps = match.grade.severity - _usual(match, a, b, situation)
    severity = Severity(min(max(regrade.severity + steps, Severity.MINOR), Severity.CONTRAINDICATED))
    told = regrade.told(match.grade.citation, severity, match.grade.severity)
    return match._replace(grade=match.grade._replace(severity=severity, citation=told))


def _usual(match: Match, a: Seat, b: Seat, situation: Situation) -> Severity:
    """The derivation's grade before the person was looked at."""
    if a.profile is None or b.profile is None:
        return match.grade.severity
    for one in of_pair(a.profile, b.profile, situation):
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
