"""Pair and class rules written by people: which speak on the day, and how severely for this person."""

from collections.abc import Iterator

from interactions.engine import conditions
from interactions.engine.data_set import Selection
from interactions.engine.findings import Match, NotChecked, SourceGrade
from interactions.engine.pair_table import NUMBER_BITS
from interactions.engine.regimen import Regimen
from interactions.engine.rulebook import PairRule, RuleBook
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Seat
from interactions.engine.severity import Severity

MISSING_FACT = "not on record, and a rule on these drugs asks for it"
NO_FACTORS: tuple[str, ...] = ()


def matches(
    regimen: Regimen, seats: list[Seat], selections: list[Selection], book: RuleBook
) -> tuple[list[Match], list[NotChecked]]:
    """The most severe rule of each problem of each pair; and each fact that a rule asks for and nobody recorded."""
    active = frozenset(key for seat in seats if seat.is_active for key in (seat.entry.key, seat.rules_entry.key))
    best: dict[tuple[int, int, str], Match] = {}
    missing: list[NotChecked] = []
    for rule, a, b in _speaking(seats, selections, book):
        severity, factors = rule.severity, NO_FACTORS
        if rule.tokens:
            case = conditions.Case(
                regimen.day, a.drug, b.drug, a.rules_entry, b.rules_entry, regimen.facts, active, book
            )
            outcome = conditions.apply(rule.tokens, rule.severity, case)
            missing += [NotChecked((a.drug.ref, b.drug.ref), fact, MISSING_FACT) for fact in outcome.missing]
            if outcome.severity is None:
                continue
            severity, factors = outcome.severity, outcome.factors
        place = (min(a.place, b.place), max(a.place, b.place), rule.problem)
        known = best.get(place)
        if known is None or (known.grade.severity, rule.rule_id) < (severity, known.grade.rule_id):
            best[place] = _match(rule, place, severity, book, factors)
    return list(best.values()), missing


def _speaking(seats: list[Seat], selections: list[Selection], book: RuleBook) -> Iterator[tuple[PairRule, Seat, Seat]]:
    """Each rule whose two sides are taken, or one taken and the other not yet gone; sides in the rule's order."""
    placed = sorted((number, seat.place) for seat in seats for number in selections[seat.place].numbers)
    rules_between = book.rules_of.get
    for later, (higher, high_place) in enumerate(placed):
        row = higher << NUMBER_BITS
        for lower, low_place in placed[:later]:
            found = rules_between(row | lower)
            if found is None or high_place == low_place:
                continue
            for rule, is_flipped in found:
                a, b = (seats[low_place], seats[high_place]) if is_flipped else (seats[high_place], seats[low_place])
                if _counts(rule, a, b):
                    yield rule, a, b


def _counts(rule: PairRule, a: Seat, b: Seat) -> bool:
    if a.is_active and b.is_active:
        return True
    if not (a.is_active or b.is_active):
        return False
    if a.is_active:
        window = windows.of_rule(rule, value=rule.after_stop_b, member=b.rules_entry, other=a.rules_entry)
        return windows.counts(b.days_since_stop, window)
    window = windows.of_rule(rule, value=rule.after_stop_a, member=a.rules_entry, other=b.rules_entry)
    return windows.counts(a.days_since_stop, window)


def _match(
    rule: PairRule, place: tuple[int, int, str], severity: Severity, book: RuleBook, factors: tuple[str, ...]
) -> Match:
    grade = SourceGrade(
        label=book.label,
        version=book.version,
        released_on=book.released_on,
        severity=severity,
        rule_id=rule.rule_id,
        citation=rule.source,
        problem=rule.problem,
        confidence=rule.confidence,
        factors=factors,
    )
    a, b, problem = place
    return Match(a, b, problem, grade, rule.mechanism, rule.effect, rule.management, rule.onset, rule.evidence)
