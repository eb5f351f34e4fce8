"""What a recent lab, vital sign or complaint asks to be done about the drugs taken."""

from collections.abc import Iterator
from datetime import timedelta

from interactions.engine.findings import NotChecked
from interactions.engine.formulary import Threshold
from interactions.engine.numbers import Numbers
from interactions.engine.regimen import Lab
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.situation import Situation

KIND = "lab_action"
STALE = "the last value is older than {} days"


def judge(situation: Situation) -> tuple[list[Draft], list[NotChecked]]:
    """Every threshold that a recent value crosses, one finding a lab with all the drugs it concerns; complaints too."""
    found: list[Draft] = []
    stale: list[NotChecked] = []
    valid = situation.numbers.lab_valid_days
    for lab in sorted(situation.facts.labs, key=lambda one: one.name):
        if lab.on > situation.day:
            continue
        hits = list(_hits(situation, lab))
        if situation.day - lab.on > timedelta(days=valid):
            refs = situation.refs(*(key for key, _ in hits))
            stale += [NotChecked(refs, lab.name, f"{STALE.format(valid)} ({lab.on.isoformat()})")] if refs else []
        elif hits:
            found += _drafts(situation, lab, hits)
    return [*found, *_complaints(situation)], stale


def _hits(situation: Situation, lab: Lab) -> Iterator[tuple[str, Threshold]]:
    is_benign = "benign_neutropenia" in situation.codes or "benign" in situation.facts.ancestry.casefold()
    wanted = ("", "benign" if is_benign else "general")
    for _, profile in situation.active:
        for one in situation.formulary.thresholds.get(profile.key, ()):
            if one.lab == lab.name and one.population in wanted and one.holds(lab.value):
                yield profile.key, one
        for one in situation.formulary.effect_thresholds:
            if one.lab == lab.name and getattr(profile, one.attribute) >= one.at_least and one.holds(lab.value):
                yield profile.key, one
    numbers = situation.numbers
    if lab.name == "qtc" and lab.earlier is not None and lab.value - lab.earlier > numbers.qtc_rise_ms:
        for _, profile in situation.active:
            if profile.qt >= 2:
                yield profile.key, _rise(lab, numbers)


def _rise(lab: Lab, numbers: Numbers) -> Threshold:
    return Threshold(
        "LR-rise",
        "qtc",
        None,
        False,
        None,
        False,
        numbers.qtc_rise,
        "qt_prolongation",
        f"QTc has risen by more than {numbers.qtc_rise_ms} ms (from {lab.earlier}): reduce or stop, "
        "correct potassium and magnesium",
        "derivation rules §5",
    )


def _drafts(situation: Situation, lab: Lab, hits: list[tuple[str, Threshold]]) -> Iterator[Draft]:
    by_problem: dict[str, list[tuple[str, Threshold]]] = {}
    for key, one in hits:
        by_problem.setdefault(one.problem, []).append((key, one))
    for problem, of in sorted(by_problem.items()):
        of.sort(key=lambda hit: (-hit[1].severity, hit[1].rule_id))
        lead = of[0][1]
        names = sorted({situation.name(key) for key, _ in of})
        yield Draft(
            KIND,
            problem,
            lead.severity,
            tuple(dict.fromkeys(key for key, _ in of)),
            f"{lab.name.replace('_', ' ')} {lab.value:f} on {lab.on.isoformat()} with {', '.join(names)}: "
            + lead.action,
            ". ".join(dict.fromkeys(one.action for _, one in of)),
            lead.rule_id,
            citation=lead.source,
            confidence="textbook",
            context=(f"{lab.name} of {lab.on.isoformat()}",),
            is_event=situation.day - lab.on <= timedelta(days=situation.numbers.new_lab_days),
        )


def _complaints(situation: Situation) -> Iterator[Draft]:
    """Signs that change a level before any lab shows it."""
    told = situation.complaints | {one.casefold() for one in situation.facts.conditions}
    told |= {symptom.note.casefold() for symptom in situation.facts.symptoms if symptom.note}
    for _, profile in situation.active:
        for rule in situation.formulary.symptoms.get(profile.key, ()):
            signs = [sign for sign in rule.signs if any(sign == one or (" " in sign and sign in one) for one in told)]
            signs += sorted(rule.codes & situation.codes)
            if signs:
                yield Draft(
                    KIND,
                    rule.problem,
                    rule.severity,
                    (profile.key,),
                    f"{situation.name(profile.key)} with {', '.join(signs)}: {rule.action}",
                    rule.action,
                    rule.rule_id,
                    citation=rule.source,
                    confidence="textbook",
                    context=tuple(signs),
                    is_event=True,
                )
