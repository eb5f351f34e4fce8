"""A finding on any number of drugs, before it gets its names, refs and card."""

from dataclasses import dataclass

from interactions.engine.bands import joined
from interactions.engine.findings import Finding, SourceGrade
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity
from interactions.engine.wording import spelled_out

GRADED_BY_DOSE = {"cumulative", "max_dose", "dose_adjustment"}
"""Kinds whose weight depends on how much is taken."""
OURS = "project policy on the drugs' own attributes"


@dataclass(frozen=True, slots=True)
class Draft:
    """One problem of one or several drugs, by the keys under which the rules know them."""

    kind: str
    problem: str
    severity: Severity
    keys: tuple[str, ...]
    summary: str
    management: str
    rule_id: str
    mechanism: str = ""
    onset: str = ""
    citation: str = OURS
    confidence: str = "derived"
    factors: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    context: tuple[str, ...] = ()
    """The facts about the person that graded it, as stable text."""
    slight: tuple[str, ...] = ()
    """Drugs that add so little that ordering one of them is no reason to stop anybody."""
    is_event: bool = False
    """Something new of the day, a lab or a change of habit, brought it up."""
    refs: tuple[str, ...] = ()
    """The prescriptions that are meant, where they are not all of these drugs."""


def findings(drafts: list[Draft], situation: Situation) -> list[tuple[Finding, str]]:
    """One finding for each kind, problem and set of drugs, with the name of the drug that it is about.

    The most severe draft leads, the others add what to do.
    """
    grouped: dict[tuple[str, str, tuple[str, ...]], list[Draft]] = {}
    for draft in drafts:
        names = tuple(sorted({situation.name(key) for key in draft.keys}))
        grouped.setdefault((draft.kind, draft.problem, names), []).append(draft)
    return [(_finding(names, of, situation), situation.name(of[0].keys[0])) for (_, _, names), of in grouped.items()]


def _finding(names: tuple[str, ...], drafts: list[Draft], situation: Situation) -> Finding:
    drafts = sorted(drafts, key=lambda draft: (-draft.severity, draft.rule_id, draft.summary))
    lead = drafts[0]
    label, version, released_on = situation.release
    return Finding(
        lead.kind,
        lead.problem,
        lead.severity,
        names,
        tuple(sorted({ref for one in drafts for ref in one.refs})) or situation.refs(*lead.keys),
        lead.summary,
        lead.mechanism,
        _effect(lead.problem, situation),
        spelled_out(". ".join(dict.fromkeys(draft.management.rstrip(".") for draft in drafts if draft.management))),
        lead.onset,
        lead.confidence,
        tuple(
            dict.fromkeys(
                SourceGrade(
                    label, version, released_on, one.severity, one.rule_id, one.citation, one.problem, one.confidence,
                    one.factors,
                )
                for one in drafts
            )
        ),
        also=tuple(dict.fromkeys(kind for draft in drafts for kind in draft.also if kind != lead.kind)),
        context=_context(drafts, situation),
        is_slight=_is_slight(drafts, situation),
        is_triggered=any(draft.is_event for draft in drafts),
    )  # fmt: skip


def _is_slight(drafts: list[Draft], situation: Situation) -> bool:
    """Whether the present action is on drugs that add little to it, and on none that adds more."""
    acted = {key for draft in drafts for key in draft.keys} & situation.acted
    return bool(acted) and all(acted <= set(draft.slight) for draft in drafts)


def _effect(problem: str, situation: Situation) -> str:
    """What may come of the problem, as the card tables say it."""
    told = situation.formulary.cards.information.get(("", problem, "effect"))
    return told.text if told is not None else ""


def _context(drafts: list[Draft], situation: Situation) -> str:
    """The facts that graded any of them, with the dose bands where the dose matters."""
    facts = {fact for draft in drafts for fact in draft.context}
    if drafts[0].kind in GRADED_BY_DOSE:
        facts |= {situation.bands.get(key, "") for draft in drafts for key in draft.keys}
    return joined(facts)
