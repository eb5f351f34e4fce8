"""What was done for requests that carry an idempotency key, so that a repeat does nothing twice."""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from medmgmt.record.models.constraints import once, rule

ANSWER_LASTS = timedelta(days=1)
"""How long the answer itself is kept; that the request was done is known for longer."""


class IdempotencyRecord(models.Model):
    """What was answered to a keyed request; `fingerprint` is the sha256 of its body, `status` null while it runs.

    `key` is a digest of the sender's key. `asked` are the acts it was let through to and the patients whose charts were
    open to it. `answer` is sealed with the sender's key, or is the address that a page led to; empty once it is old.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    asked = models.JSONField(default=dict, blank=True)
    answer = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            once("an_idempotency_key_is_used_once_a_user", "user", "key"),
            rule("an_idempotency_key_is_not_empty", ~Q(key="")),
            rule(
                "an_idempotent_answer_has_an_http_status", Q(status__isnull=True) | Q(status__gte=100, status__lte=599)
            ),
        ]
