"""Patients: who is in care, their chart, their details, their level of care and how they may be reached."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import chart, people
from medmgmt.actions import merging
from medmgmt.actions import people as actions_people
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Day, Id, Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.api.observing import AllergyLine, ConditionLine, ListedAllergy, ObservationLine
from medmgmt.api.prescriptions import ChangeLine, MedicationLine
from medmgmt.api.proposals import FindingLine, NotCheckedLine
from medmgmt.api.side_effects import SideEffectLine
from medmgmt.api.supply import DispenseLine
from medmgmt.api.worklist import TaskLine
from medmgmt.record import access
from medmgmt.record.models import ContactPoint, Enrolment, Patient, Sex, User

MOST_FOUND = 50


class EnrolmentLine(Shown):
    """A time in a programme; `ends_on` is the first day no longer in it."""

    shows = Enrolment, "id level starts_on ends_on"


class NewEnrolment(BodyOfAct):
    """A move to a level of care; the one before ends on the same day."""

    asks = actions_people.enrol


class ContactPointLine(Shown):
    """One address and the consent given for it."""

    shows = ContactPoint, "id channel address consented_at consent_withdrawn_at reachable"


class NewContactPoint(BodyOfAct):
    """The address of a channel from now on."""

    asks = actions_people.set_contact


class PatientDetails(Shown):
    """A patient's details; `version` goes back with a change."""

    shows = Patient, "id mrn given_name family_name birth_date sex language time_zone version"


class PatientLine(PatientDetails):
    """A patient in a list."""

    levels = serializers.SerializerMethodField()
    open_tasks = serializers.IntegerField()

    def get_levels(self, patient: Any) -> list[str]:  # Any: a patient annotated by lists.patients
        """The levels of care the patient is in now."""
        return [enrolment.level for enrolment in patient.open_enrolments]


class NewPatient(BodyOfAct):
    """A patient to be registered with one of your teams; /api/me names them."""

    asks = actions_people.register_patient
    sex = serializers.ChoiceField(Sex.choices, default=Sex.UNKNOWN)
    language = serializers.ChoiceField(settings.LANGUAGES, default="en")


class PatientChanges(BodyOfAct):
    """Details to be corrected; what is not named stays. Needs `version` here or its ETag in `If-Match`."""

    asks, any_of = actions_people.register_patient, True
    only = "version given_name family_name birth_date sex language time_zone"
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class Merging(BodyOfAct):
    """The record number of the chart that stays, and why they are one person's."""

    asks = merging.merge_charts


class PatientSearch(Strict):
    """Part of a name, or a whole medical record number. In the body, because addresses are written to logs."""

    search = serializers.CharField(max_length=120)


class FoundPatients(serializers.Serializer[Any]):
    """The first matches in order of name."""

    results = PatientLine(many=True, source="*")


class StandingLine(FindingLine):
    """What stands on the day of the chart; one that was worked out for another day than today has no number."""

    id = Id(source="finding.pk", allow_null=True)


class ChartPage(serializers.Serializer[Any]):
    """The chart with the doses of one day."""

    version = serializers.IntegerField(source="patient.version")
    patient = PatientDetails()
    day = Day()
    age = serializers.IntegerField()
    teams = serializers.ListField(child=serializers.CharField(), source="team_names")
    facts = serializers.DictField(child=ObservationLine(), help_text="The newest observation of each code.")
    enrolments = EnrolmentLine(many=True)
    allergies = ListedAllergy(many=True, source="allergies.lines")
    no_known_allergies = AllergyLine(source="allergies.stated", allow_null=True, help_text="The newest statement.")
    conditions = ConditionLine(many=True)
    medications = MedicationLine(many=True)
    past = MedicationLine(many=True)
    proposals = ChangeLine(many=True)
    standing = StandingLine(many=True)
    not_checked = NotCheckedLine(many=True)
    side_effects = SideEffectLine(many=True)
    observations = ObservationLine(many=True)
    dispenses = DispenseLine(many=True)
    tasks = TaskLine(many=True)


class DayQuery(serializers.Serializer[Any]):
    """As of which day; today in the patient's time zone if none is given."""

    day = Day(required=False)


class TeamLine(serializers.Serializer[Any]):
    """A team you work in."""

    id = Id()
    name = serializers.CharField()


class Person(serializers.Serializer[Any]):
    """Who you are here."""

    id = Id()
    username = serializers.CharField()
    role = serializers.CharField()
    patient = Id(allow_null=True, help_text="Your own record, if you are a patient here.")
    teams = TeamLine(many=True)
    acts = serializers.ListField(child=serializers.CharField(), help_text="What your role may do.")


class PortalPage(serializers.Serializer[Any]):
    """Your own medicines and reports."""

    patient = PatientDetails()
    medicines = MedicationLine(many=True)
    side_effects = SideEffectLine(many=True)


def myself(by: User) -> dict[str, object]:
    """Who you are, which teams you work in and what your role may do."""
    teams = [{"id": number, "name": name} for number, name in people.teams(by)]
    acts = [act for act in access.ACTS if access.may(by, act)]
    told = {"id": by.pk, "username": by.username, "role": by.role, "patient": by.patient_id}
    return {**told, "teams": teams, "acts": acts}


def search(by: User, *, search: str) -> list[Patient]:
    """Find patients in your care by part of a name or by record number; at most fifty."""
    return list(people.patients(by, search=search)[:MOST_FOUND])


def enrolments(by: User, patient_id: int) -> QuerySet[Enrolment]:
    """The levels of care a patient has been in, newest first."""
    return access.patient_for(by, "view_chart", patient_id).enrolments.all()


def contact_points(by: User, patient_id: int) -> QuerySet[ContactPoint]:
    """The addresses in use, one a channel."""
    return access.patient_for(by, "view_chart", patient_id).contact_points.filter(ended_at=None)


# fmt: off
ADDRESSES = [
    at("me", "me", get=reads(Person, myself)),
    at("portal", "portal",
       get=reads(PortalPage, chart.portal, "Your medicines and reports, if you are a patient here.")),
    at("patients", "patients",
       get=lists(PatientLine, people.patients, "The patients in your care, in order of name.",
            order=("family_name", "given_name", "id")),
       post=writes(PatientDetails, actions_people.register_patient, "Register a patient with one of your teams.",
            takes=NewPatient, status=201, refuses=("refused", "asked"), links_to="api:patient")),
    at("patients/search", "search-patients", post=writes(FoundPatients, search, takes=PatientSearch, only_reads=True)),
    at("patients/<patient_id>", "patient", called="OnePatient",
       get=reads(ChartPage, chart.chart,
            "The chart, with the doses of any day. Its ETag is the version of the patient's details.", query=DayQuery,
            refuses=("refused",)),
       patch=writes(PatientDetails, actions_people.update_patient,
            "Correct a patient's details, if nobody has since you read them.", takes=PatientChanges, is_versioned=True,
            refuses=("refused",))),
    at("patients/<patient_id>/merge", "merge-charts",
       post=writes(PatientDetails, merging.merge_charts,
            "Take everything of this chart into another of the same person; its number leads there from then on.",
            takes=Merging, refuses=("refused", "asked"))),
    at("patients/<patient_id>/enrolments", "enrolments",
       get=lists(EnrolmentLine, enrolments, order=("-starts_on", "-id")),
       post=writes(EnrolmentLine, actions_people.enrol,
            "Move a patient to a level of care; the one before ends on that day.", takes=NewEnrolment, status=201,
            refuses=("refused",))),
    at("patients/<patient_id>/contact-points", "contact-points",
       get=lists(ContactPointLine, contact_points, order=("channel", "-id")),
       post=writes(ContactPointLine, actions_people.set_contact,
            "Set the address of a channel, and whether the patient agreed to messages there.", takes=NewContactPoint,
            status=201, refuses=("refused",))),
]
# fmt: on
