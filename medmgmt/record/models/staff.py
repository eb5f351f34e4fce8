"""What was asked for a login and who decided it: its role, password and second factors, whether it is in use."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import Role


class StaffChangeKind(models.TextChoices):
    """What is asked for a login; all but making it inactive and closing it waits for a second person."""

    LOGIN = "login", _("a new login")
    ROLE = "role", _("another role")
    PASSWORD = "password", _("a new password")
    INACTIVE = "inactive", _("out of use")
    CLOSED = "closed", _("closed at the patient's wish")
    ACTIVE = "active", _("in use again")
    FACTORS = "factors", _("second factors ended")


class StaffChangeState(models.TextChoices):
    WAITING = "waiting", _("waits for a second person")
    CONFIRMED = "confirmed", _("done")
    DECLINED = "declined", _("declined")


class StaffChange(models.Model):
    """One change of a login: asked for by an administrator, decided once by somebody else.

    `alone`: one person did it, because making a login inactive or closing it needs no second one, or because there was
    nobody else.
    `role_before` is what the login was when it was asked (blank for a new one), `role` what it is to be.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="staff_changes")
    kind = models.CharField(max_length=10, choices=StaffChangeKind)
    role_before = models.CharField(max_length=20, choices=Role, blank=True)
    role = models.CharField(max_length=20, choices=Role)
    why = models.TextField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """Null: the command line."""
    asked_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=StaffChangeState, default=StaffChangeState.WAITING)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    decided_why = models.TextField(blank=True)
    alone = models.BooleanField(default=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            rule("a_staff_change_is_of_a_kind_we_know", Q(kind__in=StaffChangeKind.values)),
            rule("a_staff_change_leads_to_a_role_we_know", Q(role__in=Role.values, role_before__in=["", *Role.values])),
            rule("a_staff_change_has_a_reason", ~Q(why="")),
            rule("a_staff_change_is_in_a_state_we_know", Q(state__in=StaffChangeState.values)),
            rule(
                "a_staff_change_waits_or_was_decided",
                Q(state=StaffChangeState.WAITING, decided_at=None, decided_by=None)
                | (~Q(state=StaffChangeState.WAITING) & Q(decided_at__isnull=False)),
            ),
            rule(
                "a_staff_change_is_confirmed_by_a_second_person",
                ~Q(state=StaffChangeState.CONFIRMED)
                | Q(alone=True)
                | (Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by"))),
            ),
            rule(
                "nobody_confirms_a_change_of_their_own_login",
                ~Q(state=StaffChangeState.CONFIRMED)
                | Q(kind__in=[StaffChangeKind.INACTIVE, StaffChangeKind.CLOSED])
                | Q(decided_by=None)
                | ~Q(decided_by=F("user")),
            ),
            rule("a_patients_account_alone_is_closed", ~Q(kind=StaffChangeKind.CLOSED) | Q(role=Role.PATIENT)),
            once("a_login_has_one_change_waiting", "user", among=Q(state=StaffChangeState.WAITING)),
        ]

    def __str__(self) -> str:
        return f"staff change {self.pk}"
