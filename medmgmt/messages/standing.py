"""Whether the link of a message still holds: the consent, the address it was sent to, and the medicine behind it."""

from datetime import datetime

from medmgmt.messages import planning
from medmgmt.record.models import ContactPoint, Patient
from refills.errors import LinkOver, LinkStopped
from refills.messages import consents
from refills.messages.links import Choice, Link
from refills.models import CaregiverConsent, ChannelChoice, ConsentWithdrawn, How

BY_THE_READER = (How.LINK, How.REPLY)
"""How somebody says no who reads the messages: by the same way they may take it back."""


def require(link: Link, now: datetime, choice: str = "") -> None:
    """Raises LinkOver where nothing may be shown or done by the link any more, LinkStopped where its reader wants no
    more messages: then the same no may be said again, and a no that was said by reading may be taken back.

    Asked again under the lock of the patient before anything is done.
    """
    patient = link.reminder.patient
    if patient is None or patient.merged_into_id is not None:
        raise LinkOver
    if link.reminder.caregiver_id is not None:
        _require_consent(link, patient, now, choice)
    else:
        _require_address(link, patient, choice)
    if choice not in (Choice.STOP, Choice.START) and not planning.is_about_something(link.reminder, patient.today(now)):
        raise LinkOver


def _require_consent(link: Link, patient: Patient, now: datetime, choice: str) -> None:
    """A caregiver's: the patient's consent holds today, and this is the address that it names."""
    consent = CaregiverConsent.objects.get(pk=link.reminder.caregiver_id or 0)
    if not link.went_to(consent.address):
        raise LinkOver
    said = ConsentWithdrawn.objects.filter(consent=consent).first()
    if said is not None and said.how in BY_THE_READER:
        if choice != Choice.STOP:
            raise LinkStopped
        return
    if not consents.holds(consent, patient.today(now)):
        raise LinkOver


def _require_address(link: Link, patient: Patient, choice: str) -> None:
    """A patient's own: the address is the one in use, and they agree to messages there."""
    channel = link.reminder.channel
    point = ContactPoint.objects.filter(patient=patient, channel=channel, ended_at=None).first()
    if point is None or not link.went_to(point.address):
        raise LinkOver
    last = ChannelChoice.objects.filter(patient=patient, channel=channel).order_by("at", "id").last()
    if last is not None and not last.opted_in:
        if last.how not in BY_THE_READER:
            raise LinkOver
        if choice not in (Choice.STOP, Choice.START):
            raise LinkStopped
        return
    if not point.reachable:
        raise LinkOver


def may_take_back(link: Link, now: datetime) -> bool:
    """Whether its reader may have the messages again by this link: a caregiver's consent is the patient's to give."""
    if link.reminder.caregiver_id is not None:
        return False
    try:
        require(link, now, Choice.START)
    except LinkOver:
        return False
    return True
