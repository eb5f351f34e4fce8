"""A patient's account is closed at their wish: what leads in and what goes out ends, the record and its trail stay.

Another thing than a login taken out of use (actions/staff.py), which leaves the patient's messages as they are. Both
come back the same way: asked for with a reason by one person and confirmed by a second (`staff.ask_active`).
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.actions import messages, staff
from medmgmt.messages import planning
from medmgmt.record import access, door
from medmgmt.record.errors import Conflict, NoSuchPatient
from medmgmt.record.models import Device, Patient, Role, StaffChange, StaffChangeKind, StaffChangeState, User
from refills.messages import calendar_feed, consents
from refills.models import How

OWN_WISH = "own wish"


@transaction.atomic
def close_own_account(by: User, *, why: str = "") -> StaffChange:
    """A patient closes their own account. Needs a fresh proof; Conflict where it is closed already."""
    door.require_fresh()
    patient = access.patient_for(by, "close_own_account", by.patient_id or 0, lock=True)
    return closed(by, patient, How.PORTAL, why=why.strip() or OWN_WISH)


@transaction.atomic
def close_account(by: User, *, mrn: str, why: str) -> StaffChange:
    """The same for a patient who asks for it, by exactly this record number, with a reason. Needs a fresh proof.

    One person is enough, for nothing is lost by it. NoSuchPatient where nobody of that number has an account.
    """
    patient = access.patient_of_account(by, mrn)
    door.require_fresh()
    staff.require_reason(why)
    if patient is None or not User.objects.filter(patient=patient).exists():
        raise NoSuchPatient(_("No account belongs to this record number."))
    return closed(by, patient, How.STAFF, why=why)


def closed(by: User, patient: Patient, how: How, *, why: str) -> StaffChange:
    """Ends sessions, tokens, devices, what waits for the login, the calendar link, and messages to the patient with the
    links in them. Whoever the patient wants told as well is still told: that is a consent of its own.

    The password stays as nobody's way in, so that who knows it is told at sign-in that the account is closed.
    """
    now = timezone.now()
    user = User.objects.select_for_update(no_key=True, of=("self",)).get(patient=patient)
    if not user.is_active:
        raise Conflict(_("This account is closed already."))
    for waiting in user.staff_changes.filter(state=StaffChangeState.WAITING):
        staff.settle(waiting, by, StaffChangeState.DECLINED, why=why)
    user.is_active = False
    user.save(update_fields=["is_active"])
    staff.end_ways_in(user)
    Device.objects.filter(user=user, ended_at=None).update(ended_at=now, trusted_until=None)
    calendar_feed.revoke(patient.pk, now)
    for channel in patient.contact_points.filter(ended_at=None).values_list("channel", flat=True):
        consents.choose(patient_id=patient.pk, channel=channel, opted_in=False, how=how, by_id=by.pk, at=now)
        messages.say_on_the_address(patient, channel, wanted=False, now=now)
    planning.plan(patient, now)
    change = StaffChange.objects.create(
        user=user, kind=StaffChangeKind.CLOSED, role_before=Role.PATIENT, role=Role.PATIENT, why=why, asked_by=by,
        asked_at=now, state=StaffChangeState.CONFIRMED, decided_by=by, decided_at=now, alone=True,
    )  # fmt: skip
    staff.told(by, "close_account", change, why=why)
    return change
