"""The people of the record: who works here, who is cared for, by which team, in which programme, reached how."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, available_timezones

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record import names, sight
from medmgmt.record.models.constraints import once, rule
from refills import bounds

EARLIEST_DAY, LATEST_DAY = bounds.FIRST_DAY, bounds.LAST_DAY + timedelta(days=1)


class Role(models.TextChoices):
    """What somebody is here; access.ACTS says what each may do."""

    PSYCHIATRIST = "psychiatrist", _("psychiatrist")
    NURSE = "nurse", _("nurse")
    PHARMACIST = "pharmacist", _("pharmacist")
    PATIENT = "patient", _("patient")
    ADMINISTRATOR = "administrator", _("administrator")
    PRIVACY_OFFICER = "privacy_officer", _("privacy officer")


class Sex(models.TextChoices):
    """Codes of FHIR AdministrativeGender."""

    FEMALE = "female", _("female")
    MALE = "male", _("male")
    OTHER = "other", _("other")
    UNKNOWN = "unknown", _("unknown")


class Channel(models.TextChoices):
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("text message")


class Level(models.TextChoices):
    """Levels of care, from most to least intensive."""

    PARTIAL_HOSPITALISATION = "partial_hospitalisation", _("partial hospitalisation")
    INTENSIVE_OUTPATIENT = "intensive_outpatient", _("intensive outpatient")
    OUTPATIENT = "outpatient", _("outpatient")


def validate_time_zone(name: str) -> None:
    """Refuses anything that is not an IANA time zone name."""
    if name not in available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), params={"name": name})


class TimeZoneField(models.CharField):  # type: ignore[type-arg]  # not subscriptable at run time
    """The name of a time zone; in a migration it is plain text."""

    default_validators = [validate_time_zone]

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.CharField", args, kwargs


if TYPE_CHECKING:
    Text = models.TextField[str, str]
else:
    Text = models.TextField


class Compared(Text):
    """How a search compares other columns of the row; it follows them whenever the row is written."""

    def __init__(self, follow: Callable[[Any], str] | None = None, **kwargs: Any) -> None:
        self.follow = follow
        super().__init__(**{"editable": False, "blank": True, **kwargs})

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if self.follow is not None:
            setattr(model_instance, self.attname, self.follow(model_instance))
        return str(getattr(model_instance, self.attname))

    def deconstruct(self) -> Any:
        """As the text column that it is: a migration imports none of our code."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs


@dataclass(frozen=True)
class Opening:
    """By which opening in an emergency somebody came to a chart, and until when it holds."""

    number: int
    by_id: int
    until: datetime
    is_only: bool
    """Whether the person has no other way to the chart; else it opens what a Part 2 programme prescribed."""


class Patient(models.Model):
    """Somebody in the care of this clinic; `version` rises with each edit, for optimistic locking."""

    mrn = models.CharField(_("medical record number"), max_length=40, unique=True)
    given_name = models.CharField(_("given name"), max_length=120, blank=True)
    family_name = models.CharField(_("family name"), max_length=120, blank=True)
    birth_date = models.DateField(_("birth date"))
    sex = models.CharField(_("sex"), max_length=10, choices=Sex, default=Sex.UNKNOWN)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="en")
    time_zone = TimeZoneField(_("time zone"), max_length=60)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)
    source_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    names_key = Compared(lambda one: names.key(one.given_name, one.family_name))
    mrn_key = Compared(lambda one: names.compact(one.mrn))
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="merged")

    opening: "Opening | None" = None
    """The opening in an emergency by which whoever asked came to this chart; set by the door, never kept."""

    class Meta:
        ordering = ["family_name", "given_name", "id"]
        indexes = [
            models.Index(fields=["family_name", "given_name", "id"], name="patient_by_name"),
            models.Index(fields=["birth_date"], name="patient_by_birth_date"),
            models.Index(fields=["mrn_key"], name="patient_by_mrn"),
        ]
        constraints = [
            rule("a_patient_has_a_medical_record_number", ~Q(mrn="")),
            rule("a_patient_has_a_name", ~Q(given_name="") | ~Q(family_name="")),
            rule("a_patients_sex_is_one_we_know", Q(sex__in=Sex.values)),
            rule("a_patients_language_is_one_we_speak", Q(language__in=["en", "es"])),
            rule("a_patient_lives_in_a_time_zone", ~Q(time_zone="")),
            rule("a_patients_version_begins_at_one", Q(version__gte=1)),
            rule("a_patients_birth_date_is_sane", Q(birth_date__gte=EARLIEST_DAY, birth_date__lt=LATEST_DAY)),
            rule("a_patients_source_id_is_absent_or_real", ~Q(source_id="")),
            rule("a_chart_is_merged_into_another_one", Q(merged_into=None) | ~Q(merged_into=F("id"))),
        ]

    @property
    def name(self) -> str:
        """“Family, Given” as lists are sorted; the one name of somebody who has only one. Who asks for it shows it."""
        sight.show([self.pk])
        return ", ".join(filter(None, (self.family_name, self.given_name)))

    @property
    def calling_name(self) -> str:
        """How somebody is greeted. Who asks for it shows it."""
        sight.show([self.pk])
        return self.given_name or self.family_name

    def today(self, now: datetime) -> date:
        """The calendar day it is for the patient at the aware instant `now`."""
        return now.astimezone(ZoneInfo(self.time_zone)).date()

    def age_on(self, day: date) -> int:
        """Completed years on `day`; a birthday on 29 February counts from 1 March in other years; never negative."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return max(0, day.year - self.birth_date.year - (not had_birthday))


class User(AbstractUser):
    """Somebody who can sign in; a patient's login belongs to that patient and nobody else's does."""

    role = models.CharField(_("role"), max_length=20, choices=Role)
    patient = models.OneToOneField(
        Patient, verbose_name=_("patient"), on_delete=models.PROTECT, null=True, blank=True, related_name="user"
    )
    REQUIRED_FIELDS = ["email", "role"]

    class Meta(AbstractUser.Meta):
        constraints = [
            rule("a_user_has_a_role_we_know", Q(role__in=Role.values)),
            rule(
                "a_patients_login_belongs_to_a_patient_and_no_other_does",
                Q(role=Role.PATIENT, patient__isnull=False) | (~Q(role=Role.PATIENT) & Q(patient__isnull=True)),
            ),
            rule("a_login_has_no_powers_beside_its_role", Q(is_staff=False, is_superuser=False)),
        ]

    def __str__(self) -> str:
        return f"user {self.pk}"


class CareTeam(models.Model):
    """People who look after the same patients."""

    name = models.CharField(_("name"), max_length=120, unique=True)

    class Meta:
        ordering = ["name"]
        constraints = [rule("a_care_team_has_a_name", ~Q(name=""))]

    def __str__(self) -> str:
        return self.name


class CareTeamMember(models.Model):
    """Somebody's time in a team, from the instant `since` until just before `until`."""

    team = models.ForeignKey(CareTeam, verbose_name=_("team"), on_delete=models.PROTECT, related_name="members")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.PROTECT, related_name="memberships"
    )
    since = models.DateTimeField(_("since"), default=timezone.now)
    until = models.DateTimeField(_("until"), null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["user", "team"], name="member_by_user")]
        constraints = [
            rule("a_membership_ends_after_it_begins", Q(until__isnull=True) | Q(until__gte=F("since"))),
            once("a_user_is_in_a_team_once_at_a_time", "team", "user", among=Q(until__isnull=True)),
        ]


class CareAssignment(models.Model):
    """A patient's time in the care of a team, from the instant `since` until just before `until`."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="assignments")
    team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, related_name="assignments")
    since = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["team", "patient"], name="assignment_by_team")]
        constraints = [
            rule("an_assignment_ends_after_it_begins", Q(until__isnull=True) | Q(until__gte=F("since"))),
            once("a_patient_is_with_a_team_once_at_a_time", "patient", "team", among=Q(until__isnull=True)),
        ]


class ContactPoint(models.Model):
    """One address with the consent given for it; a new address is a new row, and the old one gets `ended_at`."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="contact_points")
    channel = models.CharField(max_length=10, choices=Channel)
    address = models.CharField(max_length=254)
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            rule("a_contact_point_has_a_channel_we_know", Q(channel__in=Channel.values)),
            rule(
                "an_address_looks_like_its_channel",
                Q(channel=Channel.EMAIL, address__contains="@") | Q(channel=Channel.SMS, address__startswith="+"),
            ),
            rule("an_address_is_one_line", ~Q(address__contains="\n") & ~Q(address__contains="\r")),
            rule(
                "consent_is_withdrawn_only_after_it_was_given",
                Q(consent_withdrawn_at__isnull=True)
                | Q(consented_at__isnull=False, consent_withdrawn_at__gte=F("consented_at")),
            ),
            rule("a_contact_point_ends_after_it_begins", Q(ended_at__isnull=True) | Q(ended_at__gte=F("created_at"))),
            once("a_patient_has_one_current_address_per_channel", "patient", "channel", among=Q(ended_at__isnull=True)),
        ]

    @property
    def reachable(self) -> bool:
        """Whether a message may go here: current, consented to, and the consent not withdrawn."""
        return self.ended_at is None and self.consented_at is not None and self.consent_withdrawn_at is None


class Enrolment(models.Model):
    """A patient's time in a programme; `ends_on` is the first day no longer in it, so a step-down shares that day."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="enrolments")
    level = models.CharField(max_length=30, choices=Level)
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["starts_on", "id"]
        constraints = [
            rule("an_enrolment_has_a_level_we_know", Q(level__in=Level.values)),
            rule("an_enrolment_ends_after_it_begins", Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on"))),
            rule("an_enrolments_dates_are_sane", Q(starts_on__gte=EARLIEST_DAY, starts_on__lt=LATEST_DAY)),
            once("a_patient_has_one_open_enrolment", "patient", among=Q(ends_on__isnull=True)),
        ]
