"""Every table that says something of a patient names the programme that wrote it, follows what does, or is excused."""

import pytest
from django.apps import apps
from django.db.models import CharField, ForeignKey, JSONField, Model, TextField

from medmgmt.record import part2
from medmgmt.record.models import User

OURS = ("record", "interactions", "refills")
FOLLOWS = {
    "record.DosageChange": "prescription",
    "record.CoSignature": "change",
    "record.AllergyReaction": "allergy",
    "record.Suspect": "report",
    "record.AmendmentExtension": "request",
    "record.AmendmentAnswer": "request",
    "record.AmendmentStatement": "request",
    "interactions.CurrentDrug": "prescription",
    "refills.AdherenceReport": "prescription",
    "refills.PillCount": "prescription",
    "refills.SupplyLimit": "prescription",
    "refills.LimitLifted": "limit",
    "refills.GateRelease": "prescription",
    "refills.Reminder": "prescription",
    "refills.ReminderItem": "prescription",
    "refills.Dispense": "prescription",
    "refills.Authorisation": "prescription",
    "refills.Revocation": "authorisation",
    "refills.EarlyFill": "dispense",
    "refills.PartialFill": "dispense",
    "refills.FillVoided": "prescription",
    "refills.RenewalDecision": "prescription",
    "refills.SupplyState": "prescription",
}
"""By the relation that leads to what names the programme, at once or through another of these."""
ABOUT_CONSENT = "it says who may see what: for the programme, the patient and the privacy officer alone"
OWN_WISH = "how the patient wants to be reached, said to the whole clinic; names nothing that a programme made"
EXCUSED = {
    "record.Patient": "who it is, which every team of the patient needs; a programme registers nobody apart",
    "record.User": "a login; of a patient it says no more than that they have one",
    "record.CareAssignment": "hidden by part2.hidden_teams where the team is a programme",
    "record.ContactPoint": OWN_WISH,
    "record.Enrolment": "the level of care of the clinic's own psychiatric treatment, one for the whole clinic",
    "record.AuditEntry": "the trail is the privacy officer's and the patient's",
    "record.AuditPatient": "the trail is the privacy officer's and the patient's",
    "record.BreakGlass": "who opened the chart in an emergency and why: not made by a programme",
    "record.BreakGlassEnd": "not made by a programme",
    "record.BreakGlassJudgement": "not made by a programme",
    "record.Part2Consent": ABOUT_CONSENT,
    "record.Part2Revoked": ABOUT_CONSENT,
    "record.Disclosure": ABOUT_CONSENT,
    "interactions.Review": "made from the whole record, shown through a mask (part2.Mask.not_checked)",
    "interactions.Finding": "shown through a mask (part2.Mask.findings)",
    "interactions.Answer": "stands on the card of its finding, which a mask hides or shows",
    "interactions.RescreenPatient": "a number to look at again, shown to nobody",
    "refills.ReminderPlan": OWN_WISH,
    "refills.ChannelChoice": OWN_WISH,
    "refills.CaregiverConsent": OWN_WISH,
    "refills.ConsentWithdrawn": OWN_WISH,
    "refills.Unreachable": OWN_WISH,
    "refills.CalendarFeed": "the link is the patient's own",
    "refills.Task": "hidden by programme_tasks.hidden_tasks where it is about what a programme made",
    "refills.TaskComment": "read under its task alone",
}
"""With the reason why somebody outside may read it, or where else it is held back."""


def ours() -> list[type[Model]]:
    return [one for one in apps.get_models() if one._meta.app_label in OURS]


def parents(model: type[Model]) -> set[str]:
    """The tables that its rows belong to."""
    keys = [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]
    return {one.related_model._meta.label for one in keys} - {User._meta.label}


def has_text(model: type[Model]) -> bool:
    return any(isinstance(one, CharField | TextField | JSONField) for one in model._meta.concrete_fields)


def of_patients() -> set[str]:
    """The tables of a patient: that have one, or say something under a row that has."""
    found = {"record.Patient", "record.User"}
    found |= {one._meta.label for one in ours() if "record.Patient" in parents(one)}
    while more := {one._meta.label for one in ours() if has_text(one) and parents(one) & found} - found:
        found |= more
    return found


def named() -> set[str]:
    return {one._meta.label for one in part2.KINDS}


def test_every_table_of_a_patient_has_its_place() -> None:
    placed = [*named(), *FOLLOWS, *EXCUSED]
    assert len(placed) == len(set(placed))
    assert of_patients() == set(placed)


@pytest.mark.parametrize("model", list(part2.KINDS), ids=lambda one: one.__name__)
def test_what_names_its_programme_has_the_column(model: type[Model]) -> None:
    assert model._meta.get_field("programme").related_model._meta.label == "record.Programme"


@pytest.mark.parametrize("label", FOLLOWS)
def test_what_follows_leads_to_what_names_its_programme(label: str) -> None:
    seen = label
    while seen not in named():
        seen = apps.get_model(seen)._meta.get_field(FOLLOWS[seen]).related_model._meta.label


@pytest.mark.parametrize("label", EXCUSED)
def test_what_is_excused_names_no_programme(label: str) -> None:
    columns = {one.name for one in apps.get_model(label)._meta.concrete_fields}
    assert "programme" not in columns or EXCUSED[label] == ABOUT_CONSENT
