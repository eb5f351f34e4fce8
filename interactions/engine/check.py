"""The check: one regimen on one day against the knowledge."""

from collections.abc import Iterable, Sequence

from interactions.engine.data_set import DataSet, Selection
from interactions.engine.findings import Finding, Judgement, Match, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Regimen
from interactions.engine.rulebook import RuleBook
from interactions.engine.rules import curated, listed
from interactions.engine.rules.coverage import Coverage
from interactions.engine.rules.seats import Seat, seated

KINDS = {"duplicate_therapy": "duplicate_therapy"}
OTHER_KIND = "interaction"


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
        by_pair.setdefault((a, b) if a < b else (b, a), []).append(match)
    found = [_finding(pair, of_pair, seats) for pair, of_pair in by_pair.items()]
    return tuple(sorted(found, key=lambda finding: (-finding.severity, finding.key)))


def _finding(pair: tuple[str, str], matches: list[Match], seats: Sequence[Seat]) -> Finding:
    """The most severe word leads; between equals a curated rule, which says what to do, leads a bare list."""
    ranked = sorted(matches, key=lambda match: (-match.grade.severity, not match.management, match.grade))
    lead = ranked[0]
    told = next((match for match in ranked if match.management), lead)
    refs = {seats[place].drug.ref for match in matches for place in (match.a, match.b)}
    problem = told.problem
    return Finding(
        kind=KINDS.get(problem, OTHER_KIND),
        problem=problem,
        severity=lead.grade.severity,
        drugs=pair,
        refs=tuple(sorted(refs)),
        summary=_summary(pair, lead, told),
        mechanism=told.mechanism,
        effect=told.effect,
        management=told.management,
        onset=told.onset,
        evidence=told.evidence,
        sources=tuple(dict.fromkeys(match.grade for match in ranked)),
    )


def _summary(pair: tuple[str, str], lead: Match, told: Match) -> str:
    names = " with ".join(pair)
    if told.effect:
        return f"{names}: {told.effect}"
    if lead.grade.severity.word == "ungraded":
        return f"{names}: listed by {lead.grade.label}, not graded"
    return f"{names}: listed by {lead.grade.label} as {lead.grade.severity.word}"


def _merged(entries: Iterable[NotChecked]) -> tuple[NotChecked, ...]:
    """The same thing for the same reason is said once, with every ref it concerns."""
    refs: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        refs.setdefault((entry.what, entry.why), set()).update(entry.refs)
    return tuple(sorted(NotChecked(tuple(sorted(of)), what, why) for (what, why), of in refs.items()))
