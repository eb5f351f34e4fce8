"""What a value on record asks of whoever looks after the patient: how soon, with which medicines, in which steps."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.engine import check
from interactions.engine.findings import Alarm
from interactions.engine.regimen import Lab, Regimen
from interactions.engine.rules.labs import URGENCIES
from medmgmt.record import part2
from medmgmt.record.models import Observation, User
from medmgmt.regimen import courses, facts, lexicon

NOW, SAME_DAY, _THIS_WEEK = URGENCIES
AT_ONCE = (NOW, SAME_DAY)
"""These reach the prescriber and the nurse."""
WORDS = {
    "now": gettext_lazy("Act now"),
    "same_day": gettext_lazy("Act today"),
    "this_week": gettext_lazy("Look at it this week"),
}
TOGETHER = timedelta(minutes=2)
"""Two pressures so near to each other are one measurement."""


@dataclass(frozen=True)
class Told:
    """An alarm in words, for a task, a page or another program."""

    urgency: str
    value: str
    """With its name and unit: "lithium level 1.8 mmol/L"."""
    means: tuple[str, ...]
    """What it means with what is taken."""
    steps: tuple[str, ...]
    sources: tuple[str, ...]
    about: str
    """Code of what is to be looked at; a pressure is one whichever of its figures is out of range."""

    @property
    def urgency_words(self) -> str:
        return str(WORDS[self.urgency])

    @property
    def text(self) -> str:
        """All of it in one paragraph."""
        return " ".join(sentence(part) for part in (self.value, *self.means, *self.steps))


def of(known: courses.Known, observations: Sequence[Observation]) -> Told | None:
    """What these values of one moment ask for, with what was measured beside them, the most urgent first; None where
    they alarm nobody, or something newer is on record of each. No query."""
    record = known.person.record
    near = [other for one in observations for other in beside(one, record.observations)]
    today = record.patient.today(timezone.now())
    regimen = courses.at(known.person, known.courses, today)
    looked_at = dict.fromkeys((*observations, *near))
    found = [(one, alarm) for one in looked_at if (alarm := _alarm(known, regimen, one)) is not None]
    if not found:
        return None
    found.sort(key=lambda each: URGENCIES.index(each[1].urgency))
    return _told(found, record.observations)


def told_to(known: courses.Known, observations: Sequence[Observation], hides: part2.Mask) -> Told | None:
    """The same for whoever may not see all of the record: as urgent, without a word of what is hidden."""
    told = of(known, observations)
    seen = of(known.seen_through(hides), observations) if told is not None and hides else told
    if told is None or seen == told:
        return told
    lead = observations[0]
    seen = seen or replace(told, value=lexicon.in_words(lead), means=(), steps=(), sources=())
    return replace(seen, urgency=told.urgency, means=(*seen.means, hides.sentence))


def of_made(by: User, one: Observation) -> Told | None:
    """The same of what stands on record, for whoever has just written it or opened the chart."""
    return told_to(courses.Known.whole(one.patient), [one], part2.mask(by, one.patient_id))


def beside(one: Observation, others: Sequence[Observation]) -> list[Observation]:
    """The other figure of a pressure, measured at the same time; of several the nearest, and of these the newest."""
    if one.code not in lexicon.PRESSURES:
        return []
    fits = [
        other
        for other in others
        if other.code in lexicon.PRESSURES
        and other.code != one.code
        and abs(other.observed_at - one.observed_at) <= TOGETHER
    ]
    return sorted(fits, key=lambda other: (abs(other.observed_at - one.observed_at), -other.pk))[:1]


def _alarm(known: courses.Known, regimen: Regimen, one: Observation) -> Alarm | None:
    """Of one value that nothing newer has taken the place of."""
    same = [other for other in known.person.record.observations if other.code == one.code and other.pk != one.pk]
    if one.code not in known.person.knowledge.formulary.observables.by_code or one.entered_in_error:
        return None
    if any(other.observed_at > one.observed_at for other in same):
        return None
    before = max(same, key=lambda other: (other.observed_at, other.pk), default=None)
    zone = ZoneInfo(known.person.record.patient.time_zone)
    lab = Lab(
        one.code,
        facts.plain(one.value or facts.ZERO),
        one.observed_at.astimezone(zone).date(),
        earlier=None if before is None else facts.plain(before.value),
        comparator=one.comparator,
        state=one.value_code,
    )
    return check.alarm(regimen, known.person.knowledge, lab)


def _told(found: Sequence[tuple[Observation, Alarm]], observations: Sequence[Observation]) -> Told:
    lead, alarm = found[0]
    alarms = [each for _one, each in found]
    return Told(
        urgency=alarm.urgency,
        value=lexicon.in_words(lead, beside(lead, observations)),
        means=tuple(dict.fromkeys(means for each in alarms for means in _means(each))),
        steps=tuple(dict.fromkeys(step for each in alarms for step in each.steps)),
        sources=tuple(dict.fromkeys(source for each in alarms for source in each.sources)),
        about="bp" if lead.code in lexicon.PRESSURES else lead.code,
    )


def _means(alarm: Alarm) -> list[str]:
    """What it means with the medicines of today."""
    said = []
    if alarm.drugs:
        said.append(_("Taken today and concerned: %(drugs)s.") % {"drugs": ", ".join(alarm.drugs)})
    if alarm.worse_with:
        said.append(_("Taken too and able to make it worse: %(drugs)s.") % {"drugs": ", ".join(alarm.worse_with)})
    if alarm.not_taken:
        said.append(
            _("%(drug)s is not among the medicines on the chart: ask what is really taken, and from where.")
            % {"drug": alarm.not_taken.capitalize()}
        )
    return said


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."
