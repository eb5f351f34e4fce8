"""A chart opened in an emergency by somebody outside the patient's team, ended, and judged by the privacy officer."""

from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import break_glass
from medmgmt.record import access, audit, part2
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import BreakGlass, BreakGlassEnd, BreakGlassJudgement, Judgement, Programme, Role, User
from refills.worklist import kinds, tasks

SHORTEST_REASON = 10
"""Letters: a reason that somebody else must judge is a sentence."""


@transaction.atomic
def open_chart(
    by: User,
    *,
    reason: str,
    mrn: str = "",
    given_name: str = "",
    family_name: str = "",
    birth_date: date | None = None,
) -> BreakGlass:
    """Opens one chart to this person for BREAK_GLASS_HOURS, found by its exact record number or by name and birth date.

    The privacy officer gets a task at once. Refused without a reason, where no chart or more than one is meant (the two
    sound the same), where the patient is in their care anyway, and while it is open to them already: nothing is
    extended in silence.
    """
    access.require(by, "break_glass")
    why = reason.strip()
    if len(why) < SHORTEST_REASON:
        raise Refused(_("Say in a sentence why you need this chart now. The privacy officer reads it."))
    patient = access.patient_told(by, mrn=mrn, given_name=given_name, family_name=family_name, birth_date=birth_date)
    if patient is None:
        raise Refused(_("This leads to no single chart. Check the record number, or the name and the birth date."))
    hidden = part2.mask(by, patient.pk)
    if access.cares_for(by, patient.pk) and not hidden:
        raise Refused(_("This patient is in your care: open the chart as always."))
    now = timezone.now()
    running = BreakGlass.holding(now).filter(by=by, patient=patient).first()
    if running is not None:
        until = timezone.localtime(running.until)
        raise Refused(_("This chart is open to you already, until %(until)s.") % {"until": f"{until:%H:%M}"})
    until = now + timedelta(hours=settings.BREAK_GLASS_HOURS)
    made = BreakGlass.objects.create(patient=patient, by=by, role=by.role, reason=why, opened_at=now, until=until)
    tasks.open_for(kinds.BREAK_GLASS, made.pk, closes_on=f"break_glass:{made.pk}")
    for programme in part2.programmes_of(hidden):
        tell_programme(programme, made)
    audit.record(by, "break_glass", patient_id=patient.pk, obj=("break_glass", made.pk), why=why)
    return made


def tell_programme(programme: Programme, opening: BreakGlass) -> None:
    """Somebody of a programme hears at once that what it prescribed was opened in an emergency: by whom, when, why
    (42 CFR 2.51(c)). Nobody outside it sees the task."""
    now, roles = timezone.now(), {Role.PSYCHIATRIST: 0, Role.NURSE: 1, Role.PHARMACIST: 2}
    current = Q(until=None) | Q(until__gt=now)
    members = programme.team.members.filter(current, since__lte=now, user__is_active=True).select_related("user")
    first = min((one.user for one in members), key=lambda one: (roles.get(Role(one.role), 9), one.pk), default=None)
    tasks.open_for(
        kinds.PART2_EMERGENCY,
        programme.pk,
        key=kinds.PART2_EMERGENCY.key_of(opening.pk, programme.pk),
        patient_id=opening.patient_id,
        assignee_id=None if first is None else first.pk,
        detail=_("%(who)s (%(role)s), %(when)s: %(why)s")
        % {
            "who": opening.by.get_full_name() or opening.by.get_username(),
            "role": opening.get_role_display(),
            "when": f"{timezone.localtime(opening.opened_at):%Y-%m-%d %H:%M}",
            "why": opening.reason,
        },
    )


@transaction.atomic
def end(by: User, opening_id: int) -> BreakGlass:
    """Ends an opening before its time: one's own, or for the privacy officer anybody's; Conflict if it is over."""
    opening = access.opening_locked(by, opening_id)
    now = timezone.now()
    if opening.is_over(now):
        raise Conflict(_("It is over already."))
    BreakGlassEnd.objects.create(opening=opening, patient=opening.patient, by=by, at=now)
    audit.record(by, "end_break_glass", patient_id=opening.patient_id, obj=("break_glass", opening.pk))
    return BreakGlass.objects.select_related("ended").get(pk=opening.pk)


@transaction.atomic
def judge(by: User, opening_id: int, *, verdict: str, note: str) -> BreakGlassJudgement:
    """Says once whether an opening that is over was appropriate, and closes its task.

    The privacy officer's; an administrator's only where there is none. Conflict if it was judged already.
    """
    break_glass.require_judge(by)
    opening = access.opening_locked(by, opening_id)
    if opening.by_id == by.pk:
        raise NotAllowed(_("Somebody else judges this."))
    if hasattr(opening, "judged"):
        raise Conflict(_("This was judged already."))
    if not opening.is_over(timezone.now()):
        raise Refused(_("The chart is still open. End it first, then judge what was done."))
    if not note.strip():
        raise Refused(_("Say in a word why."))
    made = BreakGlassJudgement.objects.create(
        opening=opening, patient=opening.patient, verdict=Judgement(verdict), note=note.strip(), by=by
    )
    tasks.settle(
        by_id=by.pk, outcome=verdict, key=kinds.BREAK_GLASS.key_of(opening.pk), evidence=("judgement", made.pk)
    )
    audit.record(by, "judge_break_glass", patient_id=opening.patient_id, obj=("break_glass", opening.pk),
                 why=made.note, detail={"verdict": verdict})  # fmt: skip
    return made
