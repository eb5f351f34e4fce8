"""What came of each selftest: which knowledge was asked the shipped cases, and what it missed."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from interactions.models.constraints import rule


class SelftestScope(models.TextChoices):
    IN_USE = "in_use", _("everything in use here")
    SHIPPED = "shipped", _("the shipped rules alone")


class SelftestRun(models.Model):
    """One run over the shipped cases, append-only; counts are of cases, `failures` name each that was not met."""

    scope = models.CharField(max_length=8, choices=SelftestScope.choices)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    """Null where the command was given on the machine."""
    releases = models.JSONField()
    """Source, version, date and sha256 of each release asked."""
    mark = models.CharField(max_length=64)
    """One digest of those releases: tells whether what is in use now was the one tested."""
    cases_sha256 = models.CharField(max_length=64)
    to_find = models.PositiveIntegerField()
    found = models.PositiveIntegerField()
    to_stay_silent = models.PositiveIntegerField()
    nuisances = models.PositiveIntegerField()
    pending = models.PositiveIntegerField()
    categories = models.JSONField()
    failures = models.JSONField()
    milliseconds = models.PositiveIntegerField()

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["mark", "-id"], name="selftests_of_a_set_of_releases")]
        constraints = [
            rule("a_selftest_scope_is_known", Q(scope__in=SelftestScope.values)),
            rule(
                "a_selftest_finds_at_most_what_there_is", Q(found__lte=F("to_find"), nuisances__lte=F("to_stay_silent"))
            ),
        ]
