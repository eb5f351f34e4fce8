"""What 42 CFR Part 2 asks of the record: which team is a programme, who may see what it made, and who has.

The smallest model that holds. A `Programme` is a care team that holds itself out as treating substance use disorders
(42 CFR 2.11). What one of its members writes down of a patient in its care names it, for ever (`programme` of a
prescription, condition, allergy, observation, monitoring order, side-effect report, encounter or import remark);
doses, fills, findings and tasks follow what they rest on. A `Part2Consent` (2.31) is a dated act, of all kinds or of
some; a `Part2Revoked` ends it from then on, also where the event came that it was to expire with. A `Disclosure`
(2.25) is one row a reader, patient, programme, ground and day. Nothing of it is edited but the programme's phone. Who
may see what is asked of medmgmt.record.part2 alone.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.break_glass import BreakGlass
from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import CareTeam, Patient


class Recipient(models.TextChoices):
    """To whom a consent lets a programme's records go (2.31(a)(4)); the class is that of one consent for all future
    treatment, payment and health care operations."""

    PERSON = "person", _("one person")
    TEAM = "team", _("one team")
    TREATING = "treating", _("my treating providers")


class Restricted(models.TextChoices):
    """Of what kind a record of a programme is; a consent names those it lets go (2.31(a)(3))."""

    MEDICINES = "medicines", _("medicines")
    DIAGNOSES = "diagnoses", _("diagnoses and allergies")
    RESULTS = "results", _("results and what is ordered to be measured")
    NOTES = "notes", _("visits, notes, side effects and remarks")


class Programme(models.Model):
    """A care team that is a Part 2 programme, and the phone at which others ask it."""

    team = models.OneToOneField(CareTeam, on_delete=models.PROTECT, related_name="programme")
    phone = models.CharField(max_length=40)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    marked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [rule("a_programme_can_be_called", ~Q(phone=""))]


class Part2Consent(models.Model):
    """A patient's written word that the programme may let what it made be seen, by kinds; holds from `given_on` until
    it is revoked or just before `until`. `ends_with` is an event in words that ends it (2.31(a)(7)), told by a
    revocation."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="part2_consents")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="consents")
    recipient = models.CharField(max_length=10, choices=Recipient)
    team = models.ForeignKey(CareTeam, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    medicines = models.BooleanField(default=True)
    diagnoses = models.BooleanField(default=True)
    results = models.BooleanField(default=True)
    notes = models.BooleanField(default=True)
    purpose = models.CharField(max_length=300)
    given_on = models.DateField()
    until = models.DateField(null=True, blank=True)
    ends_with = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["patient", "programme"], name="part2_consent_by_patient")]
        constraints = [
            rule(
                "a_part2_consent_names_its_recipient",
                Q(recipient=Recipient.PERSON, person__isnull=False, team__isnull=True)
                | Q(recipient=Recipient.TEAM, team__isnull=False, person__isnull=True)
                | Q(recipient=Recipient.TREATING, person__isnull=True, team__isnull=True),
            ),
            rule("a_part2_consent_says_what_for", ~Q(purpose="")),
            rule(
                "a_part2_consent_lets_something_go",
                Q(medicines=True) | Q(diagnoses=True) | Q(results=True) | Q(notes=True),
            ),
            rule("a_part2_consent_ends_somehow", Q(until__isnull=False) | ~Q(ends_with="")),
            rule("a_part2_consent_ends_after_it_begins", Q(until__isnull=True) | Q(until__gt=F("given_on"))),
        ]

    @property
    def kinds(self) -> list[str]:
        """The kinds that it lets go, in words; empty where it is all of them."""
        found = [str(kind.label) for kind in Restricted if getattr(self, kind)]
        return [] if len(found) == len(Restricted) else found


class Part2Revoked(models.Model):
    """A consent that holds no more from `at` on: taken back, or the event came that it was to end with."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    consent = models.OneToOneField(Part2Consent, on_delete=models.PROTECT, related_name="revoked")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class Disclosure(models.Model):
    """What a programme prescribed was shown to somebody outside it, on a day: under a consent, or in an emergency."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="disclosures")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, related_name="disclosures")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    on = models.DateField()
    at = models.DateTimeField(default=timezone.now)
    consent = models.ForeignKey(Part2Consent, on_delete=models.PROTECT, null=True, related_name="disclosures")
    opening = models.ForeignKey(BreakGlass, on_delete=models.PROTECT, null=True, related_name="disclosures")

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [
            rule("a_disclosure_has_one_ground", Q(consent__isnull=False, opening__isnull=True)
                 | Q(consent__isnull=True, opening__isnull=False)),
            once("a_disclosure_by_consent_counts_once_a_day", "to", "consent", "on", among=Q(opening__isnull=True)),
            once("a_disclosure_in_emergency_counts_once_a_day", "to", "opening", "programme", "on",
                 among=Q(consent__isnull=True)),
        ]  # fmt: skip
