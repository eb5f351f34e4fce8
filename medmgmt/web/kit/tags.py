"""What templates need to show clinical values: icons, severities with a word, days, lateness, doses."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django import template
from django.template.defaulttags import CsrfTokenNode
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, npgettext

from interactions.engine.information import Information
from medmgmt.monitoring import alarms, evidence
from medmgmt.monitoring.measures import Measure
from medmgmt.record import dosing, legible
from medmgmt.record.models import Observation
from medmgmt.regimen import lexicon
from medmgmt.web.kit import banner, kept, once
from medmgmt.web.kit.plain_words import COVER_WORDS
from refills import site
from refills.models import Task, TaskKind

register = template.Library()


@register.simple_tag(takes_context=True, name="csrf_token")
def csrf_token(context: template.RequestContext) -> SafeString:
    """Django's own token, and beside it whom the form is shown to: no form can be without either."""
    token = CsrfTokenNode().render(context)
    user = context.get("user")
    if not token or user is None or not user.is_authenticated:
        return mark_safe(token)  # noqa: S308 Django's own hidden field
    return format_html('{}<input type="hidden" name="{}" value="{}">', token, kept.WHOSE, kept.mark(user.pk))


ICONS: dict[str, str] = {
    "pill": '<path d="m10.5 20.5 10-10a4.95 4.95 0 1 0-7-7l-10 10a4.95 4.95 0 1 0 7 7Z"/><path d="m8.5 8.5 7 7"/>',
    "octagon": '<path d="M7.9 2h8.2L22 7.9v8.2L16.1 22H7.9L2 16.1V7.9Z"/><path d="m15 9-6 6M9 9l6 6"/>',
    "triangle": '<path d="M12 3 1.8 20.5h20.4Z"/><path d="M12 9.5v5M12 17.6v.1"/>',
    "diamond": '<path d="M12 2 2 12l10 10 10-10Z"/><path d="M12 7.5v5.5M12 16.4v.1"/>',
    "info": '<circle cx="12" cy="12" r="9.5"/><path d="M12 11.5v5M12 7.6v.1"/>',
    "unknown": '<circle cx="12" cy="12" r="9.5" stroke-dasharray="3.4 3"/>'
    '<path d="M9.3 9.3a2.8 2.8 0 0 1 5.4 1c0 1.8-2.7 2.3-2.7 3.7M12 17v.1"/>',
    "check": '<path d="m4 12.5 5.5 5.5L20.5 6.5"/>',
    "done": '<circle cx="12" cy="12" r="9.5"/><path d="m7.8 12.4 3 3 5.6-6.2"/>',
    "cross": '<path d="M5.5 5.5l13 13M18.5 5.5l-13 13"/>',
    "search": '<circle cx="10.5" cy="10.5" r="7"/><path d="m21 21-5.4-5.4"/>',
    "clock": '<circle cx="12" cy="12" r="9.5"/><path d="M12 6.5V12l3.8 2.2"/>',
    "calendar": '<path d="M4 5.5h16V21H4ZM4 10h16M8 2.5v5M16 2.5v5"/>',
    "plus": '<path d="M12 5v14M5 12h14"/>',
    "right": '<path d="M4.5 12h15M13.5 6l6 6-6 6"/>',
    "left": '<path d="M19.5 12h-15M10.5 6l-6 6 6 6"/>',
    "pause": '<path d="M8 5v14M16 5v14"/>',
    "stop": '<path d="M5.5 5.5h13v13h-13Z"/>',
    "pencil": '<path d="M4 20l1-4.5L16.5 4a2.1 2.1 0 0 1 3 0l.5.5a2.1 2.1 0 0 1 0 3L8.5 19Z"/>',
    "bag": '<path d="M5 7.5h14l1 13.5H4ZM8.5 10V6a3.5 3.5 0 0 1 7 0v4"/>',
    "key": '<circle cx="7.5" cy="15.5" r="5"/><path d="m11 12 10-10M17 6l3 3M14 9l2.5 2.5"/>',
    "person": '<circle cx="12" cy="8" r="4.5"/><path d="M4 21.5a8 8 0 0 1 16 0"/>',
}
SEVERITIES: dict[str, tuple[str, Any]] = {
    "contraindicated": ("octagon", gettext_lazy("Contraindicated")),
    "major": ("triangle", gettext_lazy("Major")),
    "moderate": ("diamond", gettext_lazy("Moderate")),
    "minor": ("info", gettext_lazy("Minor")),
    "ungraded": ("unknown", gettext_lazy("Listed, not graded")),
    "mild": ("info", gettext_lazy("Mild")),
    "severe": ("triangle", gettext_lazy("Severe")),
    "life_threatening": ("octagon", gettext_lazy("Life-threatening")),
}
FINDING_KINDS = {
    "interaction": gettext_lazy("interaction"),
    "duplicate_therapy": gettext_lazy("same effect twice"),
    "cumulative": gettext_lazy("sum of several"),
    "contraindication_condition": gettext_lazy("condition"),
    "allergy": gettext_lazy("allergy"),
    "lab_action": gettext_lazy("laboratory or measurement"),
    "max_dose": gettext_lazy("dose"),
    "dose_adjustment": gettext_lazy("dose"),
    "titration": gettext_lazy("dose step"),
    "retitration": gettext_lazy("dose step"),
    "withdrawal_risk": gettext_lazy("stopping"),
    "monitoring_overdue": gettext_lazy("monitoring"),
    "monitoring_baseline_missing": gettext_lazy("monitoring"),
    "red_flag": gettext_lazy("red flag"),
    "lai_schedule": gettext_lazy("injection"),
    "refill": gettext_lazy("supply"),
}
"""What sort of problem a finding is; one that is not listed is shown as the knowledge calls it."""
PRIORITIES = {
    1: gettext_lazy("Urgent"),
    2: gettext_lazy("High"),
    3: gettext_lazy("Normal"),
    4: gettext_lazy("Low"),
}


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """A line drawing; decoration unless it has a label of its own. The paths are the table above, never data."""
    drawing = mark_safe(ICONS[name])  # noqa: S308 - our own constant
    if label:
        return format_html('<svg class="icon" viewBox="0 0 24 24" role="img" aria-label="{}">{}</svg>', label, drawing)
    return format_html('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">{}</svg>', drawing)


@register.simple_tag
def severity(code: str) -> SafeString:
    """Severity as shape and word; colour only repeats them. What is not in the table is shown as it stands."""
    shape, word = SEVERITIES.get(str(code), ("unknown", str(code)))
    return format_html('<span class="sev sev-{}">{}{}</span>', str(code), icon(shape), word)


@register.simple_tag
def priority(number: int) -> SafeString:
    """Priority as bars and a word; 1 is the most urgent."""
    on, off = mark_safe('<i class="on"></i>'), mark_safe("<i></i>")
    bars = format_html("{}{}{}{}", *[on if bar <= 5 - number else off for bar in range(1, 5)])
    word = PRIORITIES.get(number, str(number))
    return format_html(
        '<span class="prio prio-{}"><span class="bars" aria-hidden="true">{}</span>{}</span>', number, bars, word
    )


@register.filter
def day(value: date | datetime | None) -> str:
    """A calendar day that nobody can misread: 3 Nov 2026; an instant becomes the day it is here."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return date_format(value, "j M Y")


@register.filter
def isolated(text: object) -> str:
    """Text of a person where no element can hold it: a title, a label."""
    return legible.isolated(str(text))


@register.filter
def moment(value: datetime | None) -> str:
    """Day and time where this page is read: 3 Nov 2026, 14:05."""
    return "" if value is None else date_format(timezone.localtime(value), "j M Y, H:i")


@register.filter
def from_now(value: date | datetime | None) -> str:
    """How far away, in words: "in 3 days", "today", "2 days ago"; hours only for an instant close by."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        apart = value - timezone.now()
        if abs(apart) < timedelta(hours=24):
            return _hours(apart)
        value = timezone.localtime(value).date()
    return _days((value - timezone.localdate()).days)


def _hours(apart: timedelta) -> str:
    hours = round(abs(apart) / timedelta(hours=1))
    if hours == 0:
        return _("now")
    if apart > timedelta(0):
        return ngettext("in %(count)d hour", "in %(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}


def _days(days: int) -> str:
    if days == 0:
        return _("today")
    if abs(days) == 1:
        return _("tomorrow") if days > 0 else _("yesterday")
    if days > 0:
        return npgettext("ahead", "in %(count)d day", "in %(count)d days", days) % {"count": days}
    return npgettext("past", "%(count)d day ago", "%(count)d days ago", -days) % {"count": -days}


@register.filter
def is_late(value: datetime | None) -> bool:
    """Has the instant passed?"""
    return value is not None and value < timezone.now()


@register.filter
def sig(value: dosing.Sig | None) -> str:
    """How to take it, exactly as ordered; empty where nothing is taken."""
    return value.text() if value is not None else ""


@register.filter
def short_hash(value: str) -> str:
    """The first twelve digits of a digest."""
    return value[:12]


@register.filter
def person(user: Any) -> str:
    """Who that is: the name, or the sign-in name where no name is kept."""
    return "" if user is None else (user.get_full_name() or user.get_username())


@register.filter
def listed(values: Any, separator: str = ", ") -> str:
    """Several short texts in one line; a drug pair reads "a + b" with the separator " + "."""
    return separator.join(str(value) for value in values)


@register.filter
def is_near(value: date | None) -> bool:
    """Is the day one of the next, or past?"""
    return value is not None and value <= timezone.localdate() + site.days("run_out_near_days")


@register.filter
def amount(value: Decimal, unit: str) -> str:
    """A quantity with its unit in words: "30 tablets"."""
    written = dosing.UNITS.get(unit)
    word = (written.one if value <= 1 else written.many) if written else unit
    return f"{dosing.plain(value)}{dosing.NBSP}{word}"


@register.filter
def lines(observations: Sequence[Observation]) -> list[list[Observation]]:
    """One line a thing: the two figures of a pressure that were measured together stand on one, the upper one first."""
    found: list[list[Observation]] = []
    for one in observations:
        last = found[-1] if found else []
        if len(last) == 1 and last[0] in alarms.beside(one, last):
            last.append(one)
            last.sort(key=lambda each: lexicon.PRESSURES.index(each.code))
        else:
            found.append([one])
    return found


@register.filter
def line_called(line: Sequence[Observation]) -> str:
    """The name of what stands on a line."""
    return lexicon.label("bp" if len(line) > 1 else line[0].code)


@register.filter
def line_observed(line: Sequence[Observation]) -> str:
    """What was found: "200/120 mmHg", or as it is said of one."""
    if len(line) == 1:
        return banner.in_words(line[0])
    return f"{'/'.join(map(lexicon.figure, line))}{dosing.NBSP}{lexicon.unit_words(line[0].unit)}"


@register.filter
def called(value: Observation) -> str:
    """The name of what was observed."""
    return lexicon.label(value.code)


@register.filter
def observed(value: Observation) -> str:
    """What was found, with its unit or in words."""
    return banner.in_words(value)


@register.filter
def severity_word(code: str) -> str:
    """The word for a severity."""
    return str(SEVERITIES.get(str(code), ("", code))[1])


@register.filter
def finding_kind(code: str) -> str:
    """The sort of problem, in a word."""
    return str(FINDING_KINDS.get(code, code.replace("_", " ")))


@register.simple_tag
def once_field() -> SafeString:
    """Makes one showing of a form one act, however often it is sent."""
    return once.hidden_field()


SOURCES = {
    "dosage_change": ("web:review", gettext_lazy("Review")),
    "side_effect": ("web:side_effect", gettext_lazy("Report")),
    "amendment": ("web:amendment", gettext_lazy("Request")),
    "prescription": ("web:course", gettext_lazy("Medicine")),
    "local_change": ("web:local_change", gettext_lazy("Change")),
    "knowledge_drug": ("web:knowledge_drug", gettext_lazy("Drug")),
    "staff_change": ("web:staff_change", gettext_lazy("Change")),
}
"""Where the event lies that a task came from, and what it is."""
LOOKED_AT_ON: dict[str, str] = {
    TaskKind.REFILL_REQUEST: "web:renewal",
    TaskKind.RENEWAL: "web:renewal",
    TaskKind.LAB_GATE: "web:supply",
    TaskKind.SUPPLY_GAP: "web:supply",
}
"""Tasks about a prescription that have a page of their own to work on."""
OF_A_SCREENING = ("review", "rescreening", "screening")
"""Events that are looked at on the patient's page of screenings."""


@register.filter
def as_seen(task: Task) -> str:
    """A task at the version that is shown, as its tick says it."""
    return f"{task.pk}:{task.version}"


@register.filter
def closes_on_words(task: Task) -> str:
    """What alone closes the task, in words."""
    if task.kind == TaskKind.AMENDMENT:
        return _("An answer to the request")
    known = evidence.is_known(task.closes_on)
    return evidence.label(task.closes_on).capitalize() if known else _("What it waits for")


@register.filter
def record_url(task: Task) -> str:
    """Where what closes the task is recorded; empty where that is no page of its own."""
    if task.kind == TaskKind.AMENDMENT:
        return reverse("web:answer_amendment", args=[task.source_id])
    if not task.patient_id or not evidence.is_known(task.closes_on):
        return ""
    if task.closes_on == evidence.VISIT:
        return reverse("web:new_encounter", args=[task.patient_id])
    code = task.closes_on.partition(":")[2]
    return f"{reverse('web:new_observation', args=[task.patient_id])}?code={code}"


@register.filter
def source_url(task: Task) -> str:
    """The address of what opened the task; empty where there is none to look at."""
    if task.source_type in OF_A_SCREENING and task.patient_id:
        return reverse("web:screening", args=[task.patient_id])
    if task.source_type == "observation" and task.patient_id:
        return reverse("web:told", args=[task.patient_id, task.source_id])
    if task.source_type not in SOURCES or not task.source_id.isdecimal():
        return ""
    if task.source_type == "prescription" and task.kind in LOOKED_AT_ON:
        return reverse(LOOKED_AT_ON[task.kind], args=[task.source_id])
    return reverse(SOURCES[task.source_type][0], args=[task.source_id])


@register.filter
def source_name(task: Task) -> str:
    """What opened the task, in a word."""
    if task.source_type in OF_A_SCREENING and task.patient_id:
        return _("What was found")
    if task.source_type == "observation":
        return _("The result")
    return str(SOURCES[task.source_type][1]) if task.source_type in SOURCES else ""


@register.filter
def iso_day(value: str) -> str:
    """A day that was kept as text."""
    return day(date.fromisoformat(value)) if value else ""


@register.filter
def counted(counts: dict[str, Any]) -> list[tuple[str, str]]:
    """The numbers of a release, with their names in words; what is not a number is left to its own page."""
    whole = [(name, value) for name, value in counts.items() if isinstance(value, int) and not isinstance(value, bool)]
    return [(name.replace("_", " "), f"{value:,}") for name, value in whole]


@register.filter
def lead_in(label: str) -> str:
    """A label before what is said about its field: "Dose: ", or a question as it stands."""
    return f"{label} " if str(label).endswith("?") else f"{label}: "


@register.filter
def ago(value: datetime | None) -> str:
    """How old a result is, as clinicians say it: days, then weeks, then months."""
    if value is None:
        return ""
    days = (timezone.localdate() - timezone.localtime(value).date()).days
    if days < 14:
        return _days(-max(days, 0))
    if days < 60:
        return ngettext("%(count)d week ago", "%(count)d weeks ago", days // 7) % {"count": days // 7}
    return ngettext("%(count)d month ago", "%(count)d months ago", days // 30) % {"count": days // 30}


CARD_ITEMS = {
    "drugs": gettext_lazy("Drugs involved"),
    "effect": gettext_lazy("Clinical consequences"),
    "seriousness": gettext_lazy("Serious outcome"),
    "classification": gettext_lazy("What it asks for here"),
    "management": gettext_lazy("Recommended action"),
    "mechanism": gettext_lazy("Mechanism"),
    "onset": gettext_lazy("Expected onset"),
    "evidence": gettext_lazy("Evidence"),
    "modifying_factors": gettext_lazy("Modifying factors"),
    "exposure_frequency": gettext_lazy("How often the drugs are taken together"),
    "harm_frequency": gettext_lazy("How often harm comes"),
    "citation": gettext_lazy("Bibliographic citation"),
    "developer": gettext_lazy("Developer"),
    "funding": gettext_lazy("Funding"),
    "release": gettext_lazy("Release and revision"),
    "race": gettext_lazy("Use of race"),
    "ethnicity": gettext_lazy("Use of ethnicity"),
    "language": gettext_lazy("Use of language"),
    "sexual_orientation": gettext_lazy("Use of sexual orientation"),
    "gender_identity": gettext_lazy("Use of gender identity"),
    "sex": gettext_lazy("Use of sex"),
    "birth_date": gettext_lazy("Use of date of birth"),
    "social_determinants": gettext_lazy("Use of social determinants of health"),
    "health_status_assessments": gettext_lazy("Use of health status assessments"),
}
"""The items of the minimum information model and the source attributes, in words."""


@register.filter
def card_item(name: str) -> str:
    """The name of one thing that a card tells."""
    return str(CARD_ITEMS.get(name, name.replace("_", " ")))


@register.filter
def told(about: Information | str, name: str) -> str:
    """One item of what a card tells."""
    return about.text(name) if isinstance(about, Information) else ""


@register.filter
def percent_of(part: int, whole: int) -> str:
    """A share in whole percent; a dash where there is nothing to share."""
    return f"{100 * part / whole:.0f}{dosing.NBSP}%" if whole else "–"


@register.filter
def plain_word(name: str) -> str:
    """The name of a category as it is read."""
    return name.replace("_", " ").capitalize()


@register.filter
def covered(covers: str) -> list[str]:
    """What a caregiver's consent is for, in words."""
    return [str(COVER_WORDS[name]) for name in covers.split(",") if name in COVER_WORDS]


@register.filter
def still_to_order(measures: Sequence[Measure]) -> int:
    """How many nobody has ordered for the day on which they are due."""
    return sum(one.order is None or one.comes_too_late for one in measures)
