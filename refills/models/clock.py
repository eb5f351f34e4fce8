"""Signs of life of the clock, and how far it has come."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ClockTick(models.Model):
    """The last sign of life of a part of the clock, by the database's own time."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()


class HandOvers(models.Model):
    """This database among its backups: one row. A backup that was restored has the same lineage."""

    lineage = models.UUIDField(primary_key=True, help_text=_("The same for a database and all its backups."))
    restored_at = models.DateTimeField(null=True, blank=True, help_text=_("When a restore was last noticed."))


class Crossing(models.Model):
    """How often messages left on the word of this database, counted by several processes side by side.

    The same numbers are kept outside it. Where the outside knows of more, the database is older than what was sent.
    """

    slot = models.PositiveSmallIntegerField(primary_key=True)
    count = models.BigIntegerField(default=0)
