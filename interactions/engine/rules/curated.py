"""Pair and class rules written by people: which speak on the day, and how severely for this person."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from interactions.engine import pair_conditions
from interactions.engine.data_set import Selection
from interactions.engine.findings import Match, NotChecked, SourceGrade, Wait
from interactions.engine.pair_table import pair_code
from interactions.engine.rulebook import DUPLICATE, PairRule, RuleBook
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Pair, Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity
from interactions.engine.wording import spelled_out

MISSING_FACT = "not on record, and a rule on these drugs asks for it"
NO_FACTORS: tuple[str, ...] = ()


class RuleWords(NamedTuple):
    """What the rules of a book say of a day."""

    matches: list[Match]
    missing: list[NotChecked]
    judged: set[tuple[int, int, str]]
    """Pairs of places and problems on which a rule was written, whether it speaks today or not."""


def matches(situation: Situation, pairs: Sequence[Pair], selections: list[Selection], book: RuleBook) -> RuleWords:
    """The most severe rule of each problem of each pair; and each fact that a rule asks for and nobody recorded."""
    regimen = situation.regimen
    best: dict[tuple[int, int, str], Match] = {}
    missing: list[NotChecked] = []
    judged: set[tuple[int, int, str]] = set()
    for rule, a, b in _written(pairs, selections, book):
        pair = (a.place, b.place) if a.place < b.place else (b.place, a.place)
        counts = _counts(rule, a, b, book)
        if counts or not _has_own_window(rule, a):
            judged.add((*pair, rule.problem))
            if rule.mechanism_type != "PD":
                judged.add((*pair, "exposure_increase"))
                judged.add((*pair, "exposure_decrease"))
        if not counts:
            continue
        severity, factors, context = rule.severity, NO_FACTORS, NO_FACTORS
        if rule.clauses:
            case = pair_conditions.Case(
                regimen.day, a.drug, b.drug, a.rules_entry, b.rules_entry, situation.told_facts, situation.taken, book
            )
            outcome = pair_conditions.graded(rule.clauses, rule.severity, case)
            missing += [NotChecked(_refs(a, b), fact, MISSING_FACT) for fact in outcome.missing]
            if outcome.severity is None:
                continue
            severity, factors, context = outcome.severity, outcome.factors, outcome.context
        known = best.get((*pair, rule.problem))
        if known is None or (known.grade.severity, rule.rule_id) < (severity, known.grade.rule_id):
            match = _match(rule, (*pair, rule.problem), severity, book, factors, _until(rule, a, b, book))
            if context:
                match = match._replace(context=context, mark=(match.mark, context))
            best[*pair, rule.problem] = match
    return RuleWords(list(best.values()), missing, judged)


def _refs(a: Seat, b: Seat) -> tuple[str, ...]:
    return tuple(seat.drug.ref for seat in (a, b) if not seat.is_state)


def between(a: Selection, b: Selection, book: RuleBook) -> Iterator[tuple[PairRule, bool]]:
    """Each rule on two selections; True when the first stands on the rule's a side."""
    for number in a.numbers:
        for other in b.numbers:
            if number != other:
                for rule, is_flipped in book.rules_of.get(pair_code(number, other), ()):
                    yield rule, (number > other) is not is_flipped


def _written(
    pairs: Sequence[Pair], selections: list[Selection], book: RuleBook
) -> Iterator[tuple[PairRule, Seat, Seat]]:
    """Each rule on two of the seats; sides in the rule's order. Two prescriptions of one drug can but be duplicates."""
    for a, b in pairs:
        is_one_drug = a.entry.key == b.entry.key
        for rule, is_in_order in between(selections[a.place], selections[b.place], book):
            if not is_one_drug or rule.problem == DUPLICATE:
                yield (rule, a, b) if is_in_order else (rule, b, a)


def _counts(rule: PairRule, a: Seat, b: Seat, book: RuleBook) -> bool:
    """Both taken, or one taken and the other not yet gone."""
    if a.is_active and b.is_active:
        return True
    if not (a.is_active or b.is_active):
        return False
    stopped = b if a.is_active else a
    return windows.counts(stopped.days_since_stop, _window(rule, a, b, book))


def _has_own_window(rule: PairRule, a: Seat) -> bool:
    """Whether the rule names the days after the last dose of whichever of the two is not taken."""
    return (rule.after_stop_b if a.is_active else rule.after_stop_a) is not None


def _window(rule: PairRule, a: Seat, b: Seat, book: RuleBook) -> int:
    """Days in which the rule still speaks of the stopped one of the two."""
    stopped, other, value, selector = (
        (b, a, rule.after_stop_b, rule.b) if a.is_active else (a, b, rule.after_stop_a, rule.a)
    )
    is_smoked = stopped.profile is not None and pair_conditions.SMOKED in stopped.profile.sets
    return windows.of_rule(
        rule,
        value=value,
        selector=selector,
        member=stopped.rules_entry,
        other=other.rules_entry,
        smoking_days=book.formulary.numbers.smoking_change_days if is_smoked else None,
    )


def _until(rule: PairRule, a: Seat, b: Seat, book: RuleBook) -> Wait | None:
    """The wait after the last dose, when one of the two is no longer taken."""
    if a.is_active and b.is_active:
        return None
    stopped = b if a.is_active else a
    assert stopped.drug.stopped_on is not None
    return Wait(stopped.entry.key, stopped.drug.stopped_on, _window(rule, a, b, book))


def _match(
    rule: PairRule,
    place: tuple[int, int, str],
    severity: Severity,
    book: RuleBook,
    factors: tuple[str, ...],
    wait: Wait | None,
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
    told = spelled_out(rule.management)
    mark = (id(rule), severity, factors)
    return Match(a, b, problem, grade, rule.mechanism, rule.effect, told, rule.onset, rule.evidence, wait, "", mark)
