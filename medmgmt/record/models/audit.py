"""The rows of the audit trail: chains that only grow, each row sealed with the one before it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import Patient


class AuditEntry(models.Model):
    """Who did what, when and why; written through medmgmt.record.audit alone, never changed or deleted."""

    chain = models.CharField(max_length=40)
    seq = models.PositiveBigIntegerField()
    at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    actor_name = models.CharField(max_length=150)
    role = models.CharField(max_length=20, blank=True)
    act = models.CharField(max_length=60)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    object_type = models.CharField(max_length=60, blank=True)
    object_id = models.CharField(max_length=60, blank=True)
    why = models.TextField(blank=True)
    detail = models.JSONField(default=dict)
    request_id = models.CharField(max_length=64, blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)
    key = models.CharField(max_length=12)
    """The number of the key that sealed it."""

    class Meta:
        ordering = ["chain", "seq"]
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["at"], name="audit_by_time"),
            models.Index(fields=["actor", "at"], name="audit_by_actor"),
        ]
        constraints = [
            once("an_audit_number_is_used_once_a_chain", "chain", "seq"),
            rule("an_audit_chain_begins_at_one", Q(seq__gte=1)),
            rule("an_audit_entry_says_what_was_done", ~Q(act="")),
            rule("an_audit_entry_says_who", ~Q(actor_name="")),
            rule(
                "an_audit_entry_names_the_one_before_it",
                (Q(seq=1) & Q(previous_hash="")) | (Q(seq__gt=1) & ~Q(previous_hash="")),
            ),
        ]

    def __str__(self) -> str:
        return f"audit {self.chain} number {self.seq}"


class AuditPatient(models.Model):
    """One of several patients whom an entry names, so that each finds it; the entry's sealed detail says the same."""

    entry = models.ForeignKey(AuditEntry, on_delete=models.PROTECT, related_name="patients")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [once("an_audit_entry_names_a_patient_once", "entry", "patient")]

    def __str__(self) -> str:
        return f"patient of audit entry {self.entry_id}"


class AuditHead(models.Model):
    """The newest number and seal of a chain; locked while the next entry is written, so that chains never fork."""

    chain = models.CharField(max_length=40, primary_key=True)
    seq = models.PositiveBigIntegerField()
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"head of {self.chain}"
