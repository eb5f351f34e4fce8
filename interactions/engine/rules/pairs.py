"""Everything that is said of two drugs, whoever says it; remembered where neither day nor person changes it."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from interactions.engine.data_set import Selection
from interactions.engine.findings import Finding, Match, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.pair_table import NUMBER_BITS
from interactions.engine.rulebook import DUPLICATE, RuleBook
from interactions.engine.rules import curated, derived, listed, merging, regraded
from interactions.engine.rules.seats import Pair, Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

SETTLED, QT, SODIUM, RATE, SWITCH, OPEN, RULED = 1, 2, 4, 8, 16, 32, 64
"""What may change the words on a pair: both long unchanged; a fact about the person; a switch or an overlap; a rule
that asks for more. The last says that somebody has written of a duplicate."""
OF_THE_DRUGS = {"different_drugs", "different_ingredient", "skip_if_member", "if_member"}
"""Tokens that look at nothing but the two drugs."""
OF_A_SWITCH = {"no_cross_taper", "no_labelled_overlap"}
OF_CODES = {"D04": SWITCH, "D05": QT, "D10": SODIUM, "D14": RATE}
MOST_REMEMBERED = 400_000
NOTHING = -1


Known = tuple[Seat, Seat, tuple[Finding, ...], int]
"""Two drugs that go on, the words on them, and what those depend on."""


class Told(NamedTuple):
    """What is said of all pairs of a day."""

    findings: list[Finding]
    missing: list[NotChecked]
    judged: set[tuple[int, int, str]]
    """Pairs of places and problems on which a rule was written; of remembered pairs only duplicates are named."""
    places: set[tuple[int, int]]
    """Pairs of places of which anything is said."""


def found(situation: Situation, selections: list[list[Selection]], knowledge: Knowledge) -> Told:
    """The words on every pair; `selections` by source, then by seat."""
    told = Told([], [], set(), set())
    quick, slow = _parted(situation)
    known, still_open = look_up(situation, quick, selections, knowledge)
    _word(known, situation, told)
    still_open += [(a, b) for a in slow for b in quick]
    still_open += combinations(slow, 2)
    ordered = [(a, b) if a.place < b.place else (b, a) for a, b in still_open if a.is_active or b.is_active]
    if ordered:
        matches, missing, judged = _said(situation, ordered, selections, knowledge)
        told.findings.extend(merging.findings(matches, situation, knowledge.derived, knowledge.told))
        told.missing.extend(missing)
        told.judged.update(judged)
        told.places.update((match.a, match.b) for match in matches)
    return told


def _parted(situation: Situation) -> tuple[list[Seat], list[Seat]]:
    """Drugs that go on under one prescription, and all others."""
    if situation.action.kind == "stop":
        return [], situation.seats
    seen: dict[str, int] = {}
    for seat in situation.seats:
        seen[seat.entry.key] = seen.get(seat.entry.key, 0) + 1
    quick: list[Seat] = []
    slow: list[Seat] = []
    for seat in situation.seats:
        goes_on = seat.is_active and seat.drug.stopped_on is None and seen[seat.entry.key] == 1
        (quick if goes_on else slow).append(seat)
    return quick, slow


def look_up(
    situation: Situation, quick: list[Seat], selections: list[list[Selection]], knowledge: Knowledge
) -> tuple[list[Known], list[Pair]]:
    """What is remembered of each pair, and the pairs whose words depend on the day or the person."""
    memory, of_band, kinds = knowledge.pairs.get, knowledge.words_of_pairs, _kinds(quick, selections, knowledge)
    mask, is_older = _mask(situation), situation.is_older
    settled = [situation.is_steady(seat.drug, derived.SETTLED_DAYS) for seat in quick]
    known: list[Known] = []
    still_open: list[Pair] = []
    for later, kind in enumerate(kinds):
        row, is_settled = kind << NUMBER_BITS, settled[later]
        for earlier in range(later):
            other = kinds[earlier]
            code = row | other if kind > other else other << NUMBER_BITS | kind
            depends = memory(code)
            if depends == NOTHING:
                continue
            a, b = quick[earlier], quick[later]
            if depends is None:
                depends = _remember(code, a, b, selections, knowledge)
                if depends == NOTHING:
                    continue
            if depends & mask or (depends & SETTLED and is_settled and settled[earlier]):
                still_open.append((a, b))
                continue
            mark = (code, a.band, b.band, is_older)
            words = of_band.get(mark)
            if words is None:
                words = _words(situation, (a, b), selections, knowledge)
                if len(of_band) < MOST_REMEMBERED:
                    of_band[mark] = words
            known.append((a, b, words, depends))
    return known, still_open


def _kinds(quick: list[Seat], selections: list[list[Selection]], knowledge: Knowledge) -> list[int]:
    return [
        knowledge.kind((seat.entry.key, seat.profile, seat.is_state, *[of[seat.place] for of in selections]))
        for seat in quick
    ]


def _remember(code: int, a: Seat, b: Seat, selections: list[list[Selection]], knowledge: Knowledge) -> int:
    depends = _depends(a, b, selections, knowledge)
    if len(knowledge.pairs) < MOST_REMEMBERED:
        knowledge.pairs[code] = depends
    return depends


def _word(known: list[Known], situation: Situation, told: Told) -> None:
    """Puts what is known of each pair into `told`, with the prescriptions of today."""
    acted = situation.action.refs
    for a, b, words, depends in known:
        if depends & RULED:
            told.judged.add((a.place, b.place, DUPLICATE))
        if words:
            refs = _refs(a, b)
            told.findings.extend(merging.worded(words, refs, touched=not acted.isdisjoint(refs)))
            told.places.add((a.place, b.place))


def _refs(a: Seat, b: Seat) -> tuple[str, ...]:
    """The prescriptions behind the words; what is no prescription has no ref."""
    if a.is_state or b.is_state:
        return tuple(sorted({seat.drug.ref for seat in (a, b) if not seat.is_state}))
    first, second = a.drug.ref, b.drug.ref
    return (first, second) if first < second else (second, first) if second < first else (first,)


def _mask(situation: Situation) -> int:
    """What about the person and the day changes words."""
    facts = situation.facts
    mask = OPEN
    mask |= QT if situation.qt_risks else 0
    mask |= SODIUM if situation.has_low_sodium else 0
    mask |= RATE if facts.heart_rate is not None and facts.heart_rate < 50 else 0
    return mask | (SWITCH if facts.cross_tapers or facts.labelled_overlaps else 0)


def _depends(a: Seat, b: Seat, selections: list[list[Selection]], knowledge: Knowledge) -> int:
    """What the words on two drugs that are both taken depend on; NOTHING where nobody says a word."""
    depends, is_said = 0, False
    for source, of in zip(knowledge.sources, selections, strict=True):
        if not isinstance(source, RuleBook):
            is_said |= listed.highest(of[a.place], of[b.place], source)[0] > 0
            continue
        for rule, _ in curated.between(of[a.place], of[b.place], source):
            is_said = True
            depends |= RULED if rule.problem == DUPLICATE else 0
            for token in rule.tokens:
                depends |= 0 if token.name in OF_THE_DRUGS else SWITCH if token.name in OF_A_SWITCH else OPEN
    if a.profile is not None and b.profile is not None:
        for one in derived.of_pair(a.profile, b.profile, knowledge.derived):
            is_said = True
            depends |= OF_CODES.get(one.code, 0)
            if one.code in derived.DAMPED and Severity.MODERATE in (one.severity, one.raised):
                depends |= SETTLED
    return depends if is_said else NOTHING


def _words(
    situation: Situation, pair: Pair, selections: list[list[Selection]], knowledge: Knowledge
) -> tuple[Finding, ...]:
    """What is said of two drugs that go on, with nobody's prescriptions yet."""
    matches, _, _ = _said(situation, [pair], selections, knowledge)
    return tuple(merging.findings(matches, situation, knowledge.derived, knowledge.told))


def _said(
    situation: Situation, pairs: Sequence[Pair], selections: list[list[Selection]], knowledge: Knowledge
) -> tuple[list[Match], list[NotChecked], set[tuple[int, int, str]]]:
    """Every source's word on these pairs, the facts that a rule missed, and the problems on which one was written."""
    matches: list[Match] = []
    missing: list[NotChecked] = []
    judged: set[tuple[int, int, str]] = set()
    for source, chosen in zip(knowledge.sources, selections, strict=True):
        if isinstance(source, RuleBook):
            told = curated.matches(situation, pairs, chosen, source)
            matches += told.matches
            missing += told.missing
            judged |= told.judged
        else:
            matches += listed.matches(pairs, chosen, source)
    worked_out = derived.matches(situation, pairs, judged, knowledge.derived)
    matches += regraded.matches(worked_out, situation.seats, knowledge.derived, knowledge.regrades)
    return matches, missing, judged
