"""The check: one regimen on one day against the knowledge."""

from collections.abc import Iterable, Sequence

from interactions.engine.data_set import DataSet, Selection
from interactions.engine.findings import Finding, Judgement, Match, NotChecked, SourceGrade
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Regimen
from interactions.engine.rulebook import DUPLICATE, RuleBook
from interactions.engine.rules import curated, listed
from interactions.engine.rules.coverage import Coverage
from interactions.engine.rules.seats import Seat, seated
from interactions.engine.severity import Severity

KINDS = {DUPLICATE: "duplicate_therapy"}
OTHER_KIND = "interaction"
GRADED = {severity: f" as {severity.word}" for severity in Severity} | {Severity.UNGRADED: ", not graded"}


def check(regimen: Regimen, knowledge: Knowledge) -> Judgement:
    """Findings, most severe first, with what could not be checked. The order of the drugs never matters."""
    seats, strangers = seated(regimen, knowledge)
    matches: list[Match] = []
    not_checked: list[NotChecked] = []
    selections = [_selections(place, seats, knowledge) for place in range(len(knowledge.sources))]
    for source, chosen in zip(knowledge.sources, selections, strict=True):
        if isinstance(source, RuleBook):
            found, missing = curated.matches(regimen, seats, chosen, source)
            not_checked += missing
        else:
            found = listed.matches(seats, chosen, source)
        matches += found
    coverage = Coverage(knowledge, seats, strangers, selections, {(match.a, match.b) for match in matches})
    return Judgement(_findings(matches, seats), _merged(not_checked + coverage.not_checked()), coverage.states)


def _selections(place: int, seats: list[Seat], knowledge: Knowledge) -> list[Selection]:
    source = knowledge.sources[place]
    if isinstance(source, DataSet):
        return [knowledge.selection(place, seat.entry.key, seat.drug.route, seat.drug.form) for seat in seats]
    return [source.selection(seat.drug, seat.entry) for seat in seats]


def _findings(matches: Iterable[Match], seats: Sequence[Seat]) -> tuple[Finding, ...]:
    """One finding an unordered pair of drugs, all prescriptions of the two together."""
    by_pair: dict[tuple[str, str], list[Match]] = {}
    for match in matches:
        a, b = seats[match.a].entry.key, seats[match.b].entry.key
        pair = (a, b) if a < b else (b, a)
        known = by_pair.get(pair)
        if known is None:
            by_pair[pair] = [match]
        else:
            known.append(match)
    found = [_finding(pair, of_pair, seats) for pair, of_pair in by_pair.items()]
    return tuple(sorted(found, key=_loudest_first))


def _loudest_first(finding: Finding) -> tuple[int, str, str, tuple[str, ...]]:
    return -finding.severity, finding.kind, finding.problem, finding.drugs


def _finding(pair: tuple[str, str], matches: list[Match], seats: Sequence[Seat]) -> Finding:
    """The most severe word leads; between equals a curated rule, which says what to do, leads a bare list."""
    lead = told = matches[0]
    sources: tuple[SourceGrade, ...] = (lead.grade,)
    refs = {seats[lead.a].drug.ref, seats[lead.b].drug.ref}
    if len(matches) > 1:
        matches.sort(key=lambda match: (-match.grade.severity, not match.management, match.grade))
        lead = matches[0]
        told = next((match for match in matches if match.management), lead)
        refs |= {seats[place].drug.ref for match in matches for place in (match.a, match.b)}
        sources = tuple(dict.fromkeys(match.grade for match in matches))
    problem = told.problem
    return Finding(
        KINDS.get(problem, OTHER_KIND),
        problem,
        lead.grade.severity,
        pair,
        tuple(sorted(refs)),
        _summary(pair, lead, told),
        told.mechanism,
        told.effect,
        told.management,
        told.onset,
        told.evidence,
        sources,
    )


def _summary(pair: tuple[str, str], lead: Match, told: Match) -> str:
    if told.effect:
        return f"{pair[0]} with {pair[1]}: {told.effect}"
    return f"{pair[0]} with {pair[1]}: listed by {lead.grade.label}{GRADED[lead.grade.severity]}"


def _merged(entries: Iterable[NotChecked]) -> tuple[NotChecked, ...]:
    """The same thing for the same reason is said once, with every ref it concerns."""
    refs: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        refs.setdefault((entry.what, entry.why), set()).update(entry.refs)
    return tuple(sorted(NotChecked(tuple(sorted(of)), what, why) for (what, why), of in refs.items()))
