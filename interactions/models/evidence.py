"""What a pharmacist of this clinic said of one row of knowledge as it stood on that day."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from interactions.models.constraints import rule


class Verdict(models.TextChoices):
    REVIEWED = "reviewed", _("reviewed")
    OBJECTION = "objection", _("objection")
    TAKEN_BACK = "taken_back", _("taken back")


class RowVerdict(models.Model):
    """Append-only; of one row with exactly this content the newest holds, whatever release carries it."""

    source = models.CharField(max_length=80)
    table = models.CharField(max_length=60)
    key = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)
    """Of the content: a row that says something else in the next release has no verdict yet."""
    verdict = models.CharField(max_length=12, choices=Verdict.choices)
    remark = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["sha256", "-id"], name="verdicts_of_a_row")]
        constraints = [
            rule("a_verdict_on_a_row_is_known", Q(verdict__in=Verdict.values)),
            rule("an_objection_says_what_is_wrong", ~Q(verdict="objection") | ~Q(remark="")),
        ]
