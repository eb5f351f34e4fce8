"""Signs of life of the clock."""

from django.db import models


class ClockTick(models.Model):
    """The last sign of life of a part of the clock, by the database's own time."""

    name = models.CharField(max_length=50, primary_key=True)
    at = models.DateTimeField()
