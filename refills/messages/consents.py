"""Yes and no to messages: by channel, and for somebody who helps; what was said last holds."""

from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from refills.models import CaregiverConsent, ChannelChoice, ConsentWithdrawn, Unreachable


def choices(patient_id: int) -> dict[str, bool]:
    """By channel, whether the patient's last word was yes; channels of which nothing was said are left out."""
    rows = ChannelChoice.objects.filter(patient_id=patient_id).order_by("at", "id")
    return dict(rows.values_list("channel", "opted_in"))


def choose(*, patient_id: int, channel: str, opted_in: bool, how: str, by_id: int | None, at: datetime) -> bool:
    """Keep a yes or a no, once for each change of mind; True if it is news."""
    last = ChannelChoice.objects.filter(patient_id=patient_id, channel=channel).order_by("at", "id").last()
    if last is not None and last.opted_in == opted_in:
        return False
    ChannelChoice.objects.create(
        patient_id=patient_id, channel=channel, opted_in=opted_in, how=how, by_id=by_id, at=at
    )  # fmt: skip
    return True


def in_force(patient_id: int, day: date) -> list[CaregiverConsent]:
    """The consents by which somebody else is told on this day, in order of their recording. One query."""
    return list(standing(patient_id, day).filter(starts_on__lte=day).order_by("id"))


def standing(patient_id: int, day: date) -> QuerySet[CaregiverConsent]:
    """Consents that hold on this day, or will later."""
    until = Q(ends_on__isnull=True) | Q(ends_on__gte=day)
    return CaregiverConsent.objects.filter(until, patient_id=patient_id, withdrawn__isnull=True)


def is_told(patient_id: int, channel: str, address: str, covers: str, day: date) -> bool:
    """Does a consent for the same at this address hold on that day or later?"""
    return standing(patient_id, day).filter(channel=channel, address=address, covers=covers).exists()


def holds(consent: CaregiverConsent, day: date) -> bool:
    """Does it hold on this day, by what the database knows now?"""
    over = consent.ends_on is not None and consent.ends_on < day
    withdrawn = ConsentWithdrawn.objects.filter(consent_id=consent.pk).exists()
    return consent.starts_on <= day and not over and not withdrawn


def withdraw(consent_id: int, *, how: str, by_id: int | None, at: datetime) -> bool:
    """End a consent; True if it had not ended before."""
    _, is_new = ConsentWithdrawn.objects.get_or_create(
        consent_id=consent_id, defaults={"how": how, "by_id": by_id, "at": at}
    )
    return is_new


def mend(patient_id: int, channel: str) -> list[int]:
    """Somebody has seen to the address of a channel: it may be tried again. The numbers of what was mended."""
    rows = Unreachable.objects.filter(patient_id=patient_id, channel=channel, mended_at=None)
    mended = list(rows.values_list("pk", flat=True))
    rows.update(mended_at=Now())
    return mended
