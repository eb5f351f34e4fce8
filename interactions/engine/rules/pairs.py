"""Everything that is said of two drugs, whoever says it; remembered where neither day nor person changes it."""

from collections.abc import Sequence
from itertools import combinations
from operator import itemgetter
from typing import NamedTuple

from interactions.engine.findings import Finding, Match, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.memory import DrugKind
from interactions.engine.pair_table import NUMBER_BITS
from interactions.engine.rulebook import DUPLICATE, RuleBook
from interactions.engine.rules import curated, derived, listed, merging, regraded
from interactions.engine.rules.seats import Pair, Seat, are_one_order
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

SETTLED, QT, SODIUM, RATE, SWITCH, OPEN, RULED = 1, 2, 4, 8, 16, 32, 64
"""What may change the words on a pair: both long unchanged; a fact about the person; a switch or an overlap; a rule
that asks for more. The last says that somebody has written of a duplicate."""
OF_THE_DRUGS = {"different_drugs", "different_ingredient", "skip_if_member", "if_member"}
"""Tokens that look at nothing but the two drugs."""
OF_A_SWITCH = {"no_cross_taper", "no_labelled_overlap"}
OF_CODES = {"D04": SWITCH, "D05": QT, "D10": SODIUM, "D14": RATE}
NOTHING = -1
FIRST = itemgetter(0)
DrugKinds = Sequence[DrugKind]
Known = tuple[Pair, tuple[Finding, ...], int]
"""Two drugs that go on, the words on them, and what those depend on."""


class PairWords(NamedTuple):
    """What is said of all pairs of a day."""

    findings: list[Finding]
    missing: list[NotChecked]
    judged: set[tuple[int, int, str]]
    """Pairs of places and problems on which a rule was written; of remembered pairs only duplicates are named."""
    places: set[tuple[int, int]]
    """Pairs of places of which anything is said."""


def words_on_pairs(situation: Situation, kinds: DrugKinds, knowledge: Knowledge) -> PairWords:
    """The words on every pair; `kinds` by seat."""
    told = PairWords([], [], set(), set())
    quick, slow = _parted(situation)
    known, still_open = look_up(situation, quick, kinds, knowledge)
    _word(known, situation, told)
    still_open += [(a, b) for a in slow for b in quick]
    still_open += combinations(slow, 2)
    ordered = [(a, b) if a.place < b.place else (b, a) for a, b in still_open if _may_meet(a, b)]
    if ordered:
        matches, missing, judged = _said(situation, ordered, kinds, knowledge)
        told.findings.extend(merging.findings(matches, situation))
        told.missing.extend(missing)
        told.judged.update(judged)
        told.places.update((match.a, match.b) for match in matches)
    return told


def _may_meet(a: Seat, b: Seat) -> bool:
    """One of the two is taken, and they are not the ingredients of one product."""
    return (a.is_active or b.is_active) and not are_one_order(a, b)


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
    situation: Situation, quick: list[Seat], kinds: DrugKinds, knowledge: Knowledge
) -> tuple[list[Known], list[Pair]]:
    """What is remembered of each pair, and the pairs whose words depend on the day or the person."""
    memory, of_band = situation.memory.depends.get, situation.memory.words_of_kinds
    mask, is_older = _mask(situation), situation.is_older
    known: list[Known] = []
    still_open: list[Pair] = []
    lower: list[tuple[int, Seat]] = []
    for kind, b in sorted([(kinds[seat.place].number, seat) for seat in quick], key=FIRST):
        row = kind << NUMBER_BITS
        for other, a in lower:
            if b.drug.ref == a.drug.ref:
                continue
            depends = memory(row | other)
            if depends == NOTHING:
                continue
            if depends is None:
                depends = situation.memory.depends.keep(row | other, _depends(situation, (a, b), kinds, knowledge))
                if depends == NOTHING:
                    continue
            pair = (a, b) if a.place < b.place else (b, a)
            if depends & mask or (depends & SETTLED and _are_settled(situation, pair)):
                still_open.append(pair)
                continue
            mark = (row | other, a.band, b.band, is_older) if a.band or b.band or is_older else row | other
            words = of_band.get(mark)
            if words is None:
                words = of_band.keep(mark, _words(situation, pair, kinds, knowledge))
            known.append((pair, words, depends))
        lower.append((kind, b))
    return known, still_open


def _are_settled(situation: Situation, pair: Pair) -> bool:
    return all(situation.is_steady(seat.drug, situation.numbers.settled_days) for seat in pair)


def _word(known: list[Known], situation: Situation, told: PairWords) -> None:
    """Puts what is known of each pair into `told`, with the prescriptions of today."""
    acted = situation.action.refs
    for (a, b), words, depends in known:
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
    mask |= SODIUM if situation.low_sodium else 0
    mask |= RATE if situation.slow_heart else 0
    is_said = facts.cross_tapers or facts.labelled_overlaps or any(seat.drug.alongside for seat in situation.seats)
    return mask | (SWITCH if is_said else 0)


def _depends(situation: Situation, pair: Pair, kinds: DrugKinds, knowledge: Knowledge) -> int:
    """What the words on two drugs that are both taken depend on; NOTHING where nobody says a word."""
    (a, b), depends, is_said = pair, 0, False
    both = zip(kinds[a.place].selections, kinds[b.place].selections, strict=True)
    for source, (of_a, of_b) in zip(knowledge.sources, both, strict=True):
        if not isinstance(source, RuleBook):
            is_said |= listed.highest(of_a, of_b, source)[0] > 0
            continue
        for rule, _ in curated.between(of_a, of_b, source):
            is_said = True
            depends |= RULED if rule.problem == DUPLICATE else 0
            for token in rule.tokens:
                name = token.partition(":")[0]
                depends |= 0 if name in OF_THE_DRUGS else SWITCH if name in OF_A_SWITCH else OPEN
    if a.profile is not None and b.profile is not None:
        for one in derived.of_pair(a.profile, b.profile, situation):
            is_said = True
            depends |= OF_CODES.get(one.code, 0)
            if one.code in derived.DAMPED and Severity.MODERATE in (one.severity, one.raised):
                depends |= SETTLED
    return depends if is_said else NOTHING


def _words(situation: Situation, pair: Pair, kinds: DrugKinds, knowledge: Knowledge) -> tuple[Finding, ...]:
    """What is said of two drugs that go on, with nobody's prescriptions yet."""
    matches, _, _ = _said(situation, [pair], kinds, knowledge)
    return tuple(merging.findings(matches, situation))


def _said(
    situation: Situation, pairs: Sequence[Pair], kinds: DrugKinds, knowledge: Knowledge
) -> tuple[list[Match], list[NotChecked], set[tuple[int, int, str]]]:
    """Every source's word on these pairs, the facts that a rule missed, and the problems on which one was written."""
    matches: list[Match] = []
    missing: list[NotChecked] = []
    judged: set[tuple[int, int, str]] = set()
    for place, source in enumerate(knowledge.sources):
        chosen = [kind.selections[place] for kind in kinds]
        if isinstance(source, RuleBook):
            told = curated.matches(situation, pairs, chosen, source)
            matches += told.matches
            missing += told.missing
            judged |= told.judged
        else:
            matches += listed.matches(pairs, chosen, source)
    worked_out = derived.matches(situation, pairs, judged)
    matches += regraded.matches(worked_out, situation, knowledge.regrades)
    return matches, missing, judged
