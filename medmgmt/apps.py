"""Makes the clinic a Django app, so that its commands and templates are found."""

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in

from medmgmt.signing_in import proof


class ClinicConfig(AppConfig):
    """The clinic: faces, actions and the clock; it holds no tables of its own."""

    name = "medmgmt"
    label = "medmgmt"
    verbose_name = "Clinic"

    def ready(self) -> None:
        """Whoever signs a person in, Django's administration too, leaves the same proof."""
        user_logged_in.connect(proof.signed_in, dispatch_uid="proof")
