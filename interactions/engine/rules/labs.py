"""What a recent lab, vital sign or complaint asks to be done about the drugs taken, and how soon."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from interactions.engine.attributes import Profile
from interactions.engine.findings import Alarm, NotChecked
from interactions.engine.formulary import Threshold
from interactions.engine.numbers import Numbers
from interactions.engine.observables import Observable
from interactions.engine.regimen import Lab
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.situation import Situation

KIND = "lab_action"
STALE = "the last value is older than {} days"
URGENCIES = ("now", "same_day", "this_week")
"""The most urgent first."""
BRACKETS = str.maketrans("", "", "[]{}")
Hit = tuple[str, Threshold]


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


def alarm(situation: Situation, lab: Lab) -> Alarm | None:
    """How soon somebody must act on a value, whatever is taken, with what is taken that it concerns; None where it
    crosses nothing, or is too old to say anything of the day."""
    age = (situation.day - lab.on).days
    if not 0 <= age <= situation.numbers.lab_valid_days:
        return None
    hits = [*_hits(situation, lab), *(("", one) for one in situation.formulary.anybody if _speaks(one, lab))]
    hits = sorted((hit for hit in hits if hit[1].urgency), key=_most_urgent)
    if not hits:
        return None
    urgency = URGENCIES.index(hits[0][1].urgency) + (age > situation.numbers.alarm_days)
    if urgency == len(URGENCIES):
        return None
    keys = list(dict.fromkeys(key for key, _ in hits if key))
    worse = [_name for key, _name in _worse(situation, [one for _, one in hits]) if key not in keys]
    named = situation.formulary.observables.by_code[lab.name]
    is_missing = bool(named.level_of) and named.level_of not in situation.taken
    return Alarm(
        urgency=URGENCIES[urgency],
        value=_told(situation, lab),
        drugs=tuple(sorted({situation.name(key) for key in keys})),
        worse_with=tuple(worse),
        not_taken=named.level_of if is_missing else "",
        steps=tuple(dict.fromkeys(one.action for one in _spoken(named, hits))),
        sources=tuple(dict.fromkeys(one.source for _, one in hits)),
    )


def _spoken(named: Observable, hits: Sequence[Hit]) -> Iterator[Threshold]:
    """What is said once: where a level is told for whoever has it, as urgently, the drug's own row only repeats it."""
    whoever = [one for key, one in hits if not key and named.level_of]
    for key, one in hits:
        is_said = any(one.problem == other.problem and _is_as_urgent(other, one) for other in whoever)
        if not (key and is_said):
            yield one


def _is_as_urgent(one: Threshold, other: Threshold) -> bool:
    return URGENCIES.index(one.urgency) <= URGENCIES.index(other.urgency)


def _most_urgent(hit: Hit) -> tuple[int, bool]:
    """The most urgent first, and of these what is said of a drug."""
    return URGENCIES.index(hit[1].urgency), not hit[0]


def _worse(situation: Situation, crossed: Sequence[Threshold]) -> Iterator[tuple[str, str]]:
    """Key and name of what is taken and pushes the value the same way."""
    asked = {text for one in crossed for text in one.worse_with}
    for _, profile in situation.active:
        if any(_is_meant(text, profile) for text in asked):
            yield profile.key, situation.name(profile.key)


def _is_meant(asked: str, profile: Profile) -> bool:
    if asked.startswith("set:"):
        return asked.removeprefix("set:") in profile.sets
    if "=" not in asked:
        return profile.key == asked
    effect, _, value = asked.replace(">=", "=").partition("=")
    held = getattr(profile, effect)
    return bool(held >= int(value)) if ">=" in asked else bool(held == value)


def _speaks(one: Threshold, lab: Lab) -> bool:
    return one.lab == lab.name and one.holds(lab)


def _hits(situation: Situation, lab: Lab) -> Iterator[Hit]:
    is_benign = "benign_neutropenia" in situation.codes or "benign" in situation.facts.ancestry.casefold()
    wanted = ("", "benign" if is_benign else "general")
    for _, profile in situation.active:
        for one in situation.formulary.thresholds.get(profile.key, ()):
            if one.population in wanted and _speaks(one, lab):
                yield profile.key, one
        for one in situation.formulary.effect_thresholds:
            if getattr(profile, one.attribute) >= one.at_least and _speaks(one, lab):
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
        urgency="same_day",
    )


def _told(situation: Situation, lab: Lab) -> str:
    """A value with its name and unit, as people write it."""
    observed = situation.formulary.observables
    named = observed.by_code.get(lab.name)
    figure = lab.state.replace("_", " ") or f"{lab.comparator}{lab.value:f}"
    for pair in observed.pairs:
        both = [situation.labs.get(code) for code in pair.parts]
        if lab.name in pair.parts and all(one is not None and one.on == lab.on for one in both):
            named, figure = pair, "/".join(f"{one.value:f}" for one in both if one is not None)
    name = named.name if named else lab.name.replace("_", " ")
    unit = "" if named is None or named.is_scale else named.unit.translate(BRACKETS)
    return " ".join(part for part in (name, figure, unit) if part)


def _drafts(situation: Situation, lab: Lab, hits: list[Hit]) -> Iterator[Draft]:
    by_problem: dict[str, list[Hit]] = {}
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
            f"{_told(situation, lab)} on {lab.on.isoformat()} with {', '.join(names)}: " + lead.action,
            ". ".join(dict.fromkeys(one.action for _, one in of)),
            lead.rule_id,
            citation=lead.source,
            confidence="textbook",
            context=(f"{lab.name} of {lab.on.isoformat()}",),
            is_event=situation.day - lab.on <= timedelta(days=situation.numbers.new_lab_days),
        )


def _complaints(situation: Situation) -> Iterator[Draft]:
    """Signs that change a level before any lab shows it."""
    told = situation.complaints | {one.rpartition("|")[2].casefold() for one in situation.facts.conditions}
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
