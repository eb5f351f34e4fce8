"""Who is away, who stands in, and who wants no morning notice."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from refills.models.constraints import rule


class Absence(models.Model):
    """Somebody's time away, from the instant `since` until just before `until`, and who stands in if anybody does."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="absences")
    since = models.DateTimeField()
    until = models.DateTimeField()
    cover = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="covers"
    )
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(default=timezone.now)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ("since", "id")
        indexes = (models.Index(fields=["until"], condition=Q(withdrawn_at__isnull=True), name="absences_that_hold"),)
        constraints = (
            rule("an_absence_ends_after_it_begins", Q(until__gt=F("since"))),
            rule("nobody_stands_in_for_themselves", Q(cover__isnull=True) | ~Q(cover=F("user"))),
            rule(
                "a_withdrawn_absence_says_when_and_by_whom",
                Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
            ),
        )


class NoDigest(models.Model):
    """Somebody who wants no morning notice."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="no_digest")
    since = models.DateTimeField(default=timezone.now)
