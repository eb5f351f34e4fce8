"""What signing in leaves behind: slowed attempts, second factors, devices, open sessions and quick PINs."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import once, rule


class Attempts(models.Model):
    """Wrong attempts counted under one key, which is a keyed digest: neither a name nor an address is kept here."""

    key = models.CharField(max_length=80, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)
    until = models.DateTimeField(null=True, blank=True)
    """Before this instant nothing more is tried."""

    class Meta:
        constraints = [rule("attempts_are_counted_under_a_key", ~Q(key=""))]

    def __str__(self) -> str:
        return f"{self.failures} attempts"


class FactorKind(models.TextChoices):
    TOTP = "totp", _("code from an app")
    PASSKEY = "passkey", _("passkey")
    RECOVERY = "recovery", _("recovery code")


class SecondFactor(models.Model):
    """One thing that proves who somebody is beside the password. It ends, by `ended_at`, and is never deleted.

    `secret` is the sealed key of an app's codes, the public key of a passkey, or the keyed digest of a recovery code.
    `counter` is the last time step of an app's code that was used, or a passkey's own count: no code counts twice.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="second_factors")
    kind = models.CharField(max_length=10, choices=FactorKind)
    label = models.CharField(max_length=60, blank=True)
    secret = models.TextField()
    credential = models.CharField(max_length=1400, blank=True)
    counter = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    last_used_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        indexes = [models.Index(fields=["user", "kind"], name="factor_by_user")]
        constraints = [
            rule("a_second_factor_is_of_a_kind_we_know", Q(kind__in=FactorKind.values)),
            rule("a_second_factor_has_its_secret", ~Q(secret="")),
            rule("a_second_factor_ends_after_it_begins", Q(ended_at=None) | Q(ended_at__gte=F("created_at"))),
            rule(
                "a_passkey_and_nothing_else_has_a_credential",
                (Q(kind=FactorKind.PASSKEY) & ~Q(credential="")) | (~Q(kind=FactorKind.PASSKEY) & Q(credential="")),
            ),
            once("a_passkey_is_kept_once", "credential", among=Q(ended_at=None, kind=FactorKind.PASSKEY)),
            once("somebody_has_one_app_for_codes", "user", among=Q(ended_at=None, kind=FactorKind.TOTP)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of user {self.user_id}"


class Device(models.Model):
    """A browser in which somebody has signed in before; its cookie holds the word that `digest` is made of."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="devices")
    digest = models.CharField(max_length=64)
    words = models.CharField(max_length=60)
    """Browser and system in plain words; the header itself is not kept."""
    address = models.CharField(max_length=45, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    trusted_until = models.DateTimeField(null=True, blank=True)
    """Until then this device asks for no second factor."""
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at", "-id"]
        indexes = [models.Index(fields=["user", "ended_at"], name="device_by_user")]
        constraints = [
            rule("a_device_ends_after_it_begins", Q(ended_at=None) | Q(ended_at__gte=F("created_at"))),
            once("a_device_is_known_once_a_user", "user", "digest", among=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"device {self.pk} of user {self.user_id}"


class OpenSession(models.Model):
    """One signed-in session: enough to recognise it in a list, and to end it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="open_sessions")
    session_key = models.CharField(max_length=40)
    words = models.CharField(max_length=60)
    address = models.CharField(max_length=45, blank=True)
    began_at = models.DateTimeField(default=timezone.now)
    seen_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-seen_at", "-id"]
        indexes = [models.Index(fields=["user", "ended_at"], name="session_by_user")]
        constraints = [
            rule("a_session_ends_after_it_begins", Q(ended_at=None) | Q(ended_at__gte=F("began_at"))),
            once("a_session_is_listed_once", "session_key", among=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"session {self.pk} of user {self.user_id}"


class QuickPin(models.Model):
    """The short number with which somebody goes on after a pause; worth nothing outside a session of their own."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="quick_pin")
    digest = models.CharField(max_length=200)
    set_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [rule("a_pin_is_kept_as_a_digest", ~Q(digest=""))]

    def __str__(self) -> str:
        return f"PIN of user {self.user_id}"
