"""Makes the clinic a Django app, so that its commands and templates are found."""

from django.apps import AppConfig


class ClinicConfig(AppConfig):
    """The clinic: faces, actions and the clock; it holds no tables of its own."""

    name = "medmgmt"
    label = "medmgmt"
    verbose_name = "Clinic"
