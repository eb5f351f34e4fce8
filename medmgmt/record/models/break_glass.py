"""Charts opened in an emergency by somebody who does not look after the patient: the opening, its end, the judgement.

Three tables that only grow. An opening names who, whom, why, from when and until when; a row of its own says that it
was ended before its time, and one what the privacy officer thinks of it. What holds now is computed: `holding`.
"""

from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import Patient, Role


class Judgement(models.TextChoices):
    """What the privacy officer thinks of an opening."""

    APPROPRIATE = "appropriate", _("appropriate")
    NOT_APPROPRIATE = "not_appropriate", _("not appropriate")


class BreakGlass(models.Model):
    """One chart open to one person from `opened_at` until just before `until`; `role` is what they were then."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="openings")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=20, choices=Role)
    reason = models.TextField()
    opened_at = models.DateTimeField(default=timezone.now)
    until = models.DateTimeField()

    class Meta:
        ordering = ["-opened_at", "-id"]
        indexes = [models.Index(fields=["by", "until"], name="opening_by_person")]
        constraints = [
            rule("an_opening_says_why", ~Q(reason="")),
            rule("an_opening_ends_after_it_begins", Q(until__gt=F("opened_at"))),
            rule("only_who_works_here_opens_a_chart", Q(role__in=[Role.PSYCHIATRIST, Role.NURSE, Role.PHARMACIST])),
        ]

    @classmethod
    def holding(cls, now: datetime) -> QuerySet["BreakGlass"]:
        """The openings that hold at the instant `now`: begun, not over, not ended."""
        return cls.objects.filter(opened_at__lte=now, until__gt=now, ended=None)

    def is_over(self, now: datetime) -> bool:
        """Whether it holds no more, by its time or because somebody ended it."""
        return now >= self.until or hasattr(self, "ended")

    @property
    def over_at(self) -> datetime:
        """When it ended or will."""
        return min(self.ended.at, self.until) if hasattr(self, "ended") else self.until


class BreakGlassEnd(models.Model):
    """An opening ended before its time."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    opening = models.OneToOneField(BreakGlass, on_delete=models.PROTECT, related_name="ended")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)


class BreakGlassJudgement(models.Model):
    """Whether an opening was right, by somebody else than who opened the chart, with a word."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    opening = models.OneToOneField(BreakGlass, on_delete=models.PROTECT, related_name="judged")
    verdict = models.CharField(max_length=20, choices=Judgement)
    note = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            rule("an_opening_is_judged_in_a_word_we_know", Q(verdict__in=Judgement.values)),
            rule("a_judgement_says_why", ~Q(note="")),
        ]
