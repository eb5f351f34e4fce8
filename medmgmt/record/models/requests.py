"""Answers kept for requests that carry an idempotency key, so that a repeat does nothing twice."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from medmgmt.record.models.constraints import once, rule


class IdempotencyRecord(models.Model):
    """What was answered to a keyed request; `fingerprint` is the sha256 of its body, `status` null while it runs."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=500)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    body = models.JSONField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints = [
            once("an_idempotency_key_is_used_once_a_user", "user", "key"),
            rule("an_idempotency_key_is_not_empty", ~Q(key="")),
            rule(
                "an_idempotent_answer_has_an_http_status", Q(status__isnull=True) | Q(status__gte=100, status__lte=599)
            ),
        ]
