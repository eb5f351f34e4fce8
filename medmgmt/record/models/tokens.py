"""Bearer tokens for programs that act for a person: what each may do, how long, and when it was last used."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken
from knox.settings import CONSTANTS

from medmgmt.record.models.constraints import once, rule


class Scope(models.TextChoices):
    """How far a token reaches: each has what the one before it has."""

    READ = "read", _("read")
    RECORD = "record", _("read and record")
    PRESCRIBE = "prescribe", _("read, record and prescribe")


class Token(AbstractAuthToken):  # type: ignore[misc]  # knox has no types
    """One token of one person; only its digest is kept. It is revoked, never deleted, and ends at `expiry`."""

    digest = models.CharField(max_length=CONSTANTS.DIGEST_LENGTH, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=60)
    scope = models.CharField(_("scope"), max_length=10, choices=Scope)
    expiry = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-created", "-id")
        constraints = (
            rule("a_token_has_a_name", ~Q(name="")),
            rule("a_token_has_a_scope_we_know", Q(scope__in=Scope.values)),
            rule("a_token_ends_after_it_begins", Q(expiry__gt=models.F("created"))),
            once("a_persons_tokens_have_names_of_their_own", "user", "name", among=Q(revoked_at__isnull=True)),
        )

    def __str__(self) -> str:
        return f"token {self.pk}"
