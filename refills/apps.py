"""Makes refills a Django app."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RefillsConfig(AppConfig):
    name = "refills"
    verbose_name = _("Refills")
