"""What the nightly computation knows of every supply: when it runs out, and whose reckoning is due again."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule


class Lasts(models.TextChoices):
    NOTHING = "nothing", _("nothing was dispensed")
    RUNS_OUT = "runs_out", _("runs out")
    AS_PLANNED = "as_planned", _("lasts to the planned end")
    NEVER = "never", _("does not run out while it is on hold")


class SupplyState(models.Model):
    """The run-out of one prescription as last computed, by set-based SQL or by the engine; both say the same."""

    prescription = models.OneToOneField(
        "record.Prescription", primary_key=True, on_delete=models.CASCADE, related_name="supply_state"
    )
    lasts = models.CharField(max_length=10, choices=Lasts)
    run_out_on = models.DateField(null=True, blank=True, help_text=_("The first day without medicine."))
    in_sql = models.BooleanField(help_text=_("Computed wholly in the database: one constant dose."))
    computed_at = models.DateTimeField()
    to_plan = models.BooleanField(default=True, help_text=_("It changed, and its reminders were not looked at since."))
    looked_at = models.DateTimeField(null=True, blank=True, help_text=_("When a gap was last looked for."))

    class Meta:
        indexes = (
            models.Index(fields=["prescription"], condition=Q(to_plan=True), name="supplies_to_plan"),
            models.Index(fields=["run_out_on"], name="supplies_by_run_out"),
        )
        constraints = (
            rule("a_supply_ends_in_a_known_way", Q(lasts__in=Lasts.values)),
            rule(
                "a_supply_that_ends_says_when",
                Q(lasts__in=("nothing", "never"), run_out_on__isnull=True)
                | Q(lasts__in=("runs_out", "as_planned"), run_out_on__isnull=False),
            ),
        )


class SupplyTouch(models.Model):
    """A prescription whose run-out may have moved; written by the database itself with whatever moved it."""

    prescription = models.ForeignKey(
        "record.Prescription", on_delete=models.CASCADE, db_index=False, db_constraint=False, related_name="+"
    )
