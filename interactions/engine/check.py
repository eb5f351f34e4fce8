"""The check: one regimen on one day against the knowledge."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from functools import partial
from operator import attrgetter

from interactions.engine.findings import Alarm, Finding, Judgement, NotChecked
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Lab, Regimen
from interactions.engine.rulebook import RuleBook
from interactions.engine.rules import (
    allergies,
    cards,
    cumulative,
    doses,
    draft,
    duplicates,
    food,
    labs,
    merging,
    pairs,
    regraded,
    routes,
)
from interactions.engine.rules.coverage import Coverage
from interactions.engine.rules.seats import seated
from interactions.engine.rules.situation import Situation

BY_WORDS = attrgetter("kind", "problem", "drugs")
BY_SEVERITY = attrgetter("severity")


def check(regimen: Regimen, knowledge: Knowledge) -> Judgement:
    """Findings, most severe first, with what could not be checked. The order of the drugs never matters."""
    regimen = replace(regimen, drugs=_ordered(regimen.drugs))
    seats, strangers = seated(regimen, knowledge)
    situation = Situation(regimen, seats, knowledge.formulary, _release(knowledge), knowledge.memory)
    overlaps = duplicates.overlaps(situation)
    if overlaps:
        facts = replace(regimen.facts, labelled_overlaps=regimen.facts.labelled_overlaps | overlaps)
        situation.regimen = regimen = replace(regimen, facts=facts)
    kinds = [knowledge.kind_of(seat) for seat in seats]
    told = pairs.words_on_pairs(situation, kinds, knowledge)
    found = [*routes.calmed(told.findings, seats), *_beyond_pairs(situation, told, strangers, knowledge)]
    found.sort(key=BY_WORDS)
    findings = tuple(sorted(found, key=BY_SEVERITY, reverse=True))
    prescribed = [seat for seat in seats if not seat.is_state]
    coverage = Coverage(knowledge, prescribed, strangers, kinds, told.places)
    return Judgement(
        findings,
        _merged(told.missing + coverage.not_checked()),
        coverage.states,
        partial(cards.gathered, findings, knowledge.formulary),
    )


def alarm(regimen: Regimen, knowledge: Knowledge, lab: Lab) -> Alarm | None:
    """What one value asks of whoever looks after this person; None where it alarms nobody."""
    return labs.alarm(situation_of(regimen, knowledge), lab)


def situation_of(regimen: Regimen, knowledge: Knowledge) -> Situation:
    """The person and the drugs of the day, as rules ask about them."""
    regimen = replace(regimen, drugs=_ordered(regimen.drugs))
    seats, _strangers = seated(regimen, knowledge)
    return Situation(regimen, seats, knowledge.formulary, _release(knowledge), knowledge.memory)


def _ordered(drugs: tuple[Drug, ...]) -> tuple[Drug, ...]:
    are_told_apart = len({drug.ref for drug in drugs}) == len(drugs)
    return tuple(sorted(drugs, key=attrgetter("ref") if are_told_apart else _in_order))


def _in_order(drug: Drug) -> tuple[str, str, str, str]:
    return drug.ref, drug.name, str(drug.mg_per_day), str(drug.started_on)


def _release(knowledge: Knowledge) -> tuple[str, str, date]:
    """Of the book whose tables are used; nothing is derived without one."""
    book = next((source for source in knowledge.sources if isinstance(source, RuleBook)), None)
    return (book.label, book.version, book.released_on) if book else ("", "", date.min)


def _beyond_pairs(
    situation: Situation, told: pairs.PairWords, strangers: list[Drug], knowledge: Knowledge
) -> list[Finding]:
    """What concerns one drug and this person, or the regimen as a whole."""
    drafts = [*cumulative.drafts(situation), *duplicates.drafts(situation, told, strangers)]
    judged = [mechanism.judge(situation) for mechanism in (doses, food, labs)]
    for found, missing in (allergies.judge(situation, knowledge.allergens), *judged):
        drafts += found
        told.missing.extend(missing)
    drafts = list(regraded.drafts(drafts, knowledge.regrades)) if knowledge.regrades else drafts
    return [merging.finished(finding, about, situation) for finding, about in draft.findings(drafts, situation)]


def _merged(entries: Iterable[NotChecked]) -> tuple[NotChecked, ...]:
    """The same thing for the same reason is said once, with every ref it concerns."""
    refs: dict[tuple[str, str], set[str]] = {}
    for entry in entries:
        refs.setdefault((entry.what, entry.why), set()).update(entry.refs)
    return tuple(sorted(NotChecked(tuple(sorted(of)), what, why) for (what, why), of in refs.items()))
