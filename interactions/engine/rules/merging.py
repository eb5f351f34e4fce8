"""Every source's word on a pair put together: one finding for each problem of each unordered pair of drugs."""

from collections.abc import Iterable, Sequence

from interactions.engine.bands import joined
from interactions.engine.findings import Finding, Match, SourceGrade
from interactions.engine.rulebook import DUPLICATE
from interactions.engine.rules import cards, timing
from interactions.engine.rules.derived import of_pair
from interactions.engine.rules.listed import PROBLEM as LISTED
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KINDS = {DUPLICATE: "duplicate_therapy"}
OTHER_KIND = "interaction"
GRADED = {severity: f" as {severity.word}" for severity in Severity} | {Severity.UNGRADED: ", not graded"}
FOLDED = Severity.MINOR
"""How loud an advisory grade is where the rules know both drugs and name no problem: folded away, never dropped."""
OURS = {"psychotropic", "sud", "substance"}
EVENT = "smoking_change"
EXPOSURE = {"exposure_increase", "exposure_decrease"}
_NEW = tuple.__new__
Pair = tuple[str, str]


def findings(matches: Iterable[Match], situation: Situation) -> list[Finding]:
    """All prescriptions of two drugs together. What a data set lists joins what the rules say of the pair.

    The words on two drugs that go on are the same every day and are remembered. Where one ends they hold dates.
    """
    seats, told = situation.seats, situation.memory.merged_words
    by_pair: dict[Pair, list[Match]] = {}
    for match in matches:
        a, b = seats[match.a].entry.key, seats[match.b].entry.key
        pair = (a, b) if a < b else (b, a)
        known = by_pair.get(pair)
        if known is None:
            by_pair[pair] = [match]
        else:
            known.append(match)
    ending = {seat.place for seat in seats if seat.drug.stopped_on is not None}
    if situation.action.kind == "stop":
        ending = set(range(len(seats)))
    found: list[Finding] = []
    for pair, group in by_pair.items():
        if ending and any(match.a in ending or match.b in ending for match in group):
            found += _of_pair(pair, group, situation)
            continue
        first = group[0]
        one, other = seats[first.a], seats[first.b]
        mark = (pair, one.profile, other.profile, one.band, other.band, *[match.mark for match in group])
        words = told.get(mark)
        if words is None:
            words = told.keep(mark, tuple(_of_pair(pair, group, situation)))
        refs = _refs(group, seats)
        touched = not situation.action.refs.isdisjoint(refs)
        found += worded(words, refs, touched=touched)
    return found


def worded(words: Iterable[Finding], refs: tuple[str, ...], *, touched: bool) -> list[Finding]:
    """The same words on these prescriptions; `touched` says whether the present action is on one of them."""
    return [_NEW(Finding, (*word[:4], refs, *word[5:-1], touched or word.problem == EVENT)) for word in words]


def _refs(matches: Sequence[Match], seats: Sequence[Seat]) -> tuple[str, ...]:
    """The prescriptions behind the words; what is no prescription has no ref."""
    if len(matches) == 1:
        a, b = seats[matches[0].a], seats[matches[0].b]
        if not (a.is_state or b.is_state):
            first, second = a.drug.ref, b.drug.ref
            return (first, second) if first < second else (second, first) if second < first else (first,)
    places = {match.a for match in matches} | {match.b for match in matches}
    return tuple(sorted({seats[place].drug.ref for place in places if not seats[place].is_state}))


def _of_pair(pair: Pair, matches: list[Match], situation: Situation) -> list[Finding]:
    problems: dict[str, list[Match]] = {}
    for match in matches:
        problems.setdefault(match.problem, []).append(match)
    lists = problems.pop(LISTED, None)
    if lists and not problems:
        problems[LISTED] = [_quietened(match, FOLDED, situation) for match in lists]
    elif lists:
        loudest = max(problems, key=lambda problem: (_highest(problems[problem]), problem))
        written = any(match.grade.confidence != "derived" for match in problems[loudest])
        problems[loudest] += _advised(lists, _highest(problems[loudest]), situation, is_written=written)
    refs = _refs(matches, situation.seats)
    return [_finding(pair, of, situation)._replace(refs=refs) for of in problems.values()]


def _highest(matches: Iterable[Match]) -> Severity:
    return max(match.grade.severity for match in matches)


def _is_advisory(label: str, situation: Situation) -> str:
    """Why the grades of this source do not decide how loud an alert is; empty when they do."""
    plain = label.casefold()
    return next((why for begins, why in situation.formulary.advisory if plain.startswith(begins)), "")


def _advised(matches: list[Match], ruled: Severity, situation: Situation, *, is_written: bool) -> list[Match]:
    """Beside a rule: an advisory grade is kept on record and does not make the finding louder than the rule.

    What a person wrote on the pair decides whoever prescribes the two; what is worked out only for our own drugs.
    """
    return [_quietened(match, ruled, situation, is_written=is_written) for match in matches]


def _quietened(match: Match, most: Severity, situation: Situation, *, is_written: bool = False) -> Match:
    """The match at most as severe as `most`, where its source only advises and the rules are at home."""
    listed = match.grade.severity
    why = _is_advisory(match.grade.label, situation) if listed > most else ""
    if not why or not (is_written or _are_at_home(situation.seats[match.a], situation.seats[match.b], listed)):
        return match
    factors = (*match.grade.factors, f"listed as {listed.word}: {why}")
    return match._replace(grade=match.grade._replace(severity=most, factors=factors))


def _are_at_home(a: Seat, b: Seat, listed: Severity) -> bool:
    """Whether the rules know both drugs, and one is psychotropic where more than a moderate grade is at stake."""
    if a.profile is None or b.profile is None:
        return False
    return listed <= Severity.MODERATE or not OURS.isdisjoint((a.rules_entry.group, b.rules_entry.group))


def _finding(pair: Pair, matches: list[Match], situation: Situation) -> Finding:
    """The most severe word leads; between equals a curated rule, which says what to do, leads a bare list."""
    matches.sort(key=lambda match: (-match.grade.severity, not match.management, match.grade))
    lead = matches[0]
    told = next((match for match in matches if match.management), lead)
    seats = situation.seats
    places = {place for match in matches for place in (match.a, match.b)}
    refs = tuple(sorted({seats[place].drug.ref for place in places if not seats[place].is_state}))
    suffers = next((match.suffers for match in matches if match.suffers), "")
    a, b = seats[told.a], seats[told.b]
    family = situation.formulary.families.get(told.problem)
    if not suffers and family is not None and family.gather == "victim":
        suffers = _victim(a, b, situation)
    finding = Finding(
        KINDS.get(told.problem, OTHER_KIND),
        told.problem,
        lead.grade.severity,
        pair,
        refs,
        _summary(pair, lead, told),
        told.mechanism,
        told.effect,
        _management(told, a, b, situation),
        told.onset,
        told.evidence,
        tuple(dict.fromkeys(match.grade for match in matches)),
        context=_context(matches, situation),
        is_triggered=told.problem == EVENT,
    )
    return finished(finding, suffers, situation)


def finished(finding: Finding, suffers: str, situation: Situation) -> Finding:
    """With its card, and whether the present action is what brings it up."""
    touched = not finding.is_slight and not situation.action.refs.isdisjoint(finding.refs)
    caused = finding.is_triggered or touched
    if situation.action.kind == "stop":
        caused = finding.is_triggered or (caused and finding.problem in EXPOSURE)
    return cards.named(finding._replace(is_triggered=caused), suffers, situation.formulary)


def _context(matches: Iterable[Match], situation: Situation) -> str:
    """The facts that graded the words on a pair, with the dose bands of both; a duplicate is one at any dose."""
    facts = {fact for match in matches for fact in match.context}
    for match in matches:
        if match.problem != DUPLICATE:
            facts |= {situation.seats[match.a].band, situation.seats[match.b].band}
    return joined(facts)


def _management(told: Match, a: Seat, b: Seat, situation: Situation) -> str:
    """The rule's own words, then the dates that matter."""
    parts = [told.management]
    if told.wait is not None and told.problem not in (*EXPOSURE, EVENT):
        parts.append(timing.of_wait(told.wait))
    if told.problem in EXPOSURE:
        parts.append(timing.of_stop(situation, a, b))
    return ". ".join(part.rstrip(". ") for part in parts if part)


def _victim(a: Seat, b: Seat, situation: Situation) -> str:
    """Whose level changes: as derived, else the one that is not smoked, else the one with the narrower index."""
    if a.profile is None or b.profile is None:
        return max(a, b, key=lambda seat: seat.entry.key).entry.key
    changed = next((one.suffers for one in of_pair(a.profile, b.profile, situation) if one.suffers), "")
    if changed:
        return changed
    ranked = sorted(
        (a, b), key=lambda seat: (seat.is_state, not _is_narrow(seat), _changes_others(seat), seat.entry.key)
    )
    return ranked[0].entry.key


def _is_narrow(seat: Seat) -> bool:
    return seat.profile is not None and seat.profile.narrow


def _changes_others(seat: Seat) -> bool:
    return seat.profile is not None and bool(seat.profile.inhibits or seat.profile.induces)


def _summary(pair: Pair, lead: Match, told: Match) -> str:
    grades: Sequence[SourceGrade] = (lead.grade,)
    if told.effect:
        return f"{pair[0]} with {pair[1]}: {told.effect}"
    return f"{pair[0]} with {pair[1]}: listed by {grades[0].label}{GRADED[lead.grade.severity]}"
