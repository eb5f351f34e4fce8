"""How a patient wants to be told: cadence, channels, quiet hours, agreement given and taken back, helpers, calendar."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import once, rule
from refills.models.messages import Channel


class How(models.TextChoices):
    """By what way somebody said yes or no to messages."""

    STAFF = "staff", _("told to the clinic")
    PORTAL = "portal", _("signed in")
    LINK = "link", _("by the link in a message")
    REPLY = "reply", _("by answering a message")


class ReminderPlan(models.Model):
    """One patient's wishes where they differ from the clinic's; blank means as the clinic has it."""

    patient = models.OneToOneField("record.Patient", on_delete=models.PROTECT, related_name="reminder_plan")
    cadence = models.CharField(max_length=60, blank=True, help_text=_("Days before, as 7,3,1,0."))
    overdue = models.CharField(max_length=60, blank=True, help_text=_("Days after, as 1,3,7."))
    channels = models.CharField(max_length=60, blank=True, help_text=_("In order: the next is tried when one fails."))
    hour = models.PositiveSmallIntegerField(null=True, blank=True, help_text=_("Local hour at which messages go."))
    quiet_from = models.PositiveSmallIntegerField(null=True, blank=True)
    quiet_until = models.PositiveSmallIntegerField(null=True, blank=True)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, blank=True)
    version = models.PositiveIntegerField(default=1)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            rule(
                "quiet_hours_begin_in_the_evening_and_end_in_the_morning",
                Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__gt=F("quiet_until"), quiet_from__lte=24),
            ),
            rule("a_plans_hour_is_of_the_day", Q(hour__isnull=True) | Q(hour__lte=23)),
            rule("a_plans_language_is_one_we_speak", Q(language__in=["", "en", "es"])),
            rule("a_plans_version_begins_at_one", Q(version__gte=1)),
        )


class ChannelChoice(models.Model):
    """A yes or a no to messages on one channel, when and how it was said; append-only, the last one holds."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="channel_choices")
    channel = models.CharField(max_length=10, choices=Channel)
    opted_in = models.BooleanField()
    at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=10, choices=How)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # fmt: skip

    class Meta:
        ordering = ("at", "id")
        indexes = (models.Index(fields=["patient", "channel", "-at", "-id"], name="choices_of_a_patient"),)
        constraints = (
            rule("a_choice_is_of_a_known_channel", Q(channel__in=Channel.values)),
            rule("a_choice_says_how_it_was_made", Q(how__in=How.values)),
        )


class CaregiverConsent(models.Model):
    """A patient's word that somebody may be written to as well: who, what for, from and until; append-only."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="caregiver_consents")
    name = models.CharField(max_length=120)
    relation = models.CharField(max_length=60, blank=True)
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    language = models.CharField(max_length=5, choices=settings.LANGUAGES, default="en")
    covers = models.CharField(max_length=60, help_text=_("What for: refills, injections, tests, plan."))
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True, help_text=_("The last day."))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("-recorded_at", "-id")
        constraints = (
            rule("a_caregiver_has_a_name", ~Q(name="")),
            rule("a_caregivers_consent_says_what_for", ~Q(covers="")),
            rule("a_caregivers_address_is_one_line", ~Q(address__contains="\n") & ~Q(address__contains="\r")),
            rule(
                "a_caregivers_address_looks_like_its_channel",
                Q(channel=Channel.EMAIL, address__contains="@") | Q(channel=Channel.SMS, address__startswith="+"),
            ),
            rule("a_caregivers_consent_ends_after_it_begins", Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))),
        )


class ConsentWithdrawn(models.Model):
    """The end of a caregiver's consent, from the instant it was said; append-only."""

    consent = models.OneToOneField(CaregiverConsent, on_delete=models.PROTECT, related_name="withdrawn")
    at = models.DateTimeField(default=timezone.now)
    how = models.CharField(max_length=10, choices=How)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )  # fmt: skip

    class Meta:
        constraints = (rule("a_withdrawal_says_how_it_was_made", Q(how__in=How.values)),)


class Unreachable(models.Model):
    """An address from which messages came back, until somebody has mended it."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="unreachable")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    since = models.DateTimeField(default=timezone.now)
    mended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (
            once(
                "an_address_is_unreachable_once_at_a_time",
                "patient",
                "channel",
                "address",
                among=Q(mended_at__isnull=True),
            ),
        )


class CalendarFeed(models.Model):
    """A link under which a calendar program finds a patient's health tasks; its token is signed, never stored."""

    patient = models.ForeignKey("record.Patient", on_delete=models.PROTECT, related_name="calendar_feeds")
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = (once("a_patient_has_one_calendar_link", "patient", among=Q(revoked_at__isnull=True)),)


class ProviderReport(models.Model):
    """A delivery report or an answer that a provider sent, kept so that the same one twice is one."""

    channel = models.CharField(max_length=10, choices=Channel)
    event_id = models.CharField(max_length=200)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = (
            once("a_providers_report_counts_once", "channel", "event_id"),
        )  # fmt: skip
