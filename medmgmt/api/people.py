"""Patients: who is in care, their chart, their details, their level of care and how they may be reached."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import chart, people
from medmgmt.actions import people as actions_people
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Strict
from medmgmt.api.observing import AllergyLine, ConditionLine, ObservationLine
from medmgmt.api.prescriptions import ChangeLine, MedicationLine
from medmgmt.api.proposals import FindingLine, NotCheckedLine
from medmgmt.api.side_effects import SideEffectLine
from medmgmt.api.supply import DispenseLine
from medmgmt.api.worklist import TaskLine
from medmgmt.record import access
from medmgmt.record.models import Channel, ContactPoint, Enrolment, Level, Patient, Sex, User, validate_time_zone

MOST_FOUND = 50


class EnrolmentLine(serializers.Serializer[Any]):
    """A time in a programme; `ends_on` is the first day no longer in it."""

    id = Id()
    level = serializers.ChoiceField(Level.choices)
    starts_on = Day()
    ends_on = Day(allow_null=True)


class NewEnrolment(Strict):
    """A move to a level of care; the one before ends on the same day."""

    level = serializers.ChoiceField(Level.choices)
    starts_on = Day()


class ContactPointLine(serializers.Serializer[Any]):
    """One address and the consent given for it."""

    id = Id()
    channel = serializers.ChoiceField(Channel.choices)
    address = serializers.CharField()
    consented_at = Instant(allow_null=True)
    consent_withdrawn_at = Instant(allow_null=True)
    reachable = serializers.BooleanField()


class NewContactPoint(Strict):
    """The address of a channel from now on."""

    channel = serializers.ChoiceField(Channel.choices)
    address = serializers.CharField(max_length=254)
    consented = serializers.BooleanField()


class PatientDetails(serializers.Serializer[Any]):
    """A patient's details; `version` goes back with a change."""

    id = Id()
    mrn = serializers.CharField()
    given_name = serializers.CharField()
    family_name = serializers.CharField()
    birth_date = Day()
    sex = serializers.ChoiceField(Sex.choices)
    language = serializers.ChoiceField(settings.LANGUAGES)
    time_zone = serializers.CharField()
    version = serializers.IntegerField()


class PatientLine(PatientDetails):
    """A patient in a list."""

    levels = serializers.SerializerMethodField()
    open_tasks = serializers.IntegerField()

    def get_levels(self, patient: Any) -> list[str]:  # Any: a patient annotated by lists.patients
        """The levels of care the patient is in now."""
        return [enrolment.level for enrolment in patient.open_enrolments]


class NewPatient(Strict):
    """A patient to be registered with one of your teams; /api/me names them."""

    mrn = serializers.CharField(max_length=40)
    given_name = serializers.CharField(max_length=120)
    family_name = serializers.CharField(max_length=120)
    birth_date = Day()
    sex = serializers.ChoiceField(Sex.choices, default=Sex.UNKNOWN)
    language = serializers.ChoiceField(settings.LANGUAGES, default="en")
    time_zone = serializers.CharField(max_length=60, validators=[validate_time_zone])
    team = Id()


class PatientChanges(Strict):
    """Details to be corrected; what is not named stays. Needs `version` here or its ETag in `If-Match`."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)
    given_name = serializers.CharField(max_length=120, required=False)
    family_name = serializers.CharField(max_length=120, required=False)
    birth_date = Day(required=False)
    sex = serializers.ChoiceField(Sex.choices, required=False)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    time_zone = serializers.CharField(max_length=60, validators=[validate_time_zone], required=False)


class PatientSearch(Strict):
    """Part of a name, or a whole medical record number. In the body, because addresses are written to logs."""

    search = serializers.CharField(max_length=120)


class FoundPatients(serializers.Serializer[Any]):
    """The first matches in order of name."""

    results = PatientLine(many=True)


class ChartPage(serializers.Serializer[Any]):
    """The chart with the doses of one day."""

    version = serializers.IntegerField(source="patient.version")
    patient = PatientDetails()
    day = Day()
    age = serializers.IntegerField()
    teams = serializers.ListField(child=serializers.CharField(), source="team_names")
    facts = serializers.DictField(child=ObservationLine(), help_text="The newest observation of each code.")
    enrolments = EnrolmentLine(many=True)
    allergies = AllergyLine(many=True)
    conditions = ConditionLine(many=True)
    medications = MedicationLine(many=True)
    past = MedicationLine(many=True)
    proposals = ChangeLine(many=True)
    standing = FindingLine(many=True)
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


class Me(Endpoint):
    """The signed-in person."""

    @reads(Person)
    def get(self, by: User) -> object:
        """Who you are, which teams you work in and what your role may do."""
        teams = [{"id": number, "name": name} for number, name in people.teams(by)]
        acts = [act for act in access.ACTS if access.may(by, act)]
        return {
            "id": by.pk,
            "username": by.username,
            "role": by.role,
            "patient": by.patient_id,
            "teams": teams,
            "acts": acts,
        }


class Portal(Endpoint):
    """The patient's own page."""

    @reads(PortalPage)
    def get(self, by: User) -> object:
        """Your medicines and reports, if you are a patient here."""
        return chart.portal(by)


class Patients(Endpoint):
    """The patients in your care."""

    @lists_of(PatientLine, order=("family_name", "given_name", "id"), seen="patients")
    def get(self, by: User) -> QuerySet[Patient]:
        """The patients in your care, in order of name."""
        return people.patients(by)

    @writes(PatientDetails, takes=NewPatient, status=201, refuses=("refused",), links_to="api:patient")
    def post(self, by: User, values: dict[str, Any]) -> object:
        """Register a patient with one of your teams."""
        return actions_people.register_patient(by, team_id=values.pop("team"), **values)


class SearchPatients(Endpoint):
    """Looking for a patient by name."""

    @writes(FoundPatients, takes=PatientSearch)
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Find patients in your care by part of a name or by record number; at most fifty."""
        found = list(people.patients(by, search=values["search"])[:MOST_FOUND])
        people.saw_list(by, "patients", len(found))
        return {"results": found}


class OnePatient(Endpoint):
    """One patient."""

    @reads(ChartPage, query=DayQuery)
    def get(self, by: User, patient_id: int, day: date | None = None) -> object:
        """The chart, with the doses of any day. Its ETag is the version of the patient's details."""
        return chart.chart(by, patient_id, day=day)

    @writes(PatientDetails, takes=PatientChanges, is_versioned=True, refuses=("refused",))
    def patch(self, by: User, values: dict[str, Any], patient_id: int, version: int) -> object:
        """Correct a patient's details, if nobody has since you read them."""
        return actions_people.update_patient(by, patient_id, version=version, **values)


class Enrolments(Endpoint):
    """A patient's levels of care."""

    @lists_of(EnrolmentLine, order=("-starts_on", "-id"))
    def get(self, by: User, patient_id: int) -> QuerySet[Enrolment]:
        """The levels of care a patient has been in, newest first."""
        return access.patient_for(by, "view_chart", patient_id).enrolments.all()

    @writes(EnrolmentLine, takes=NewEnrolment, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Move a patient to a level of care; the one before ends on that day."""
        return actions_people.enrol(by, patient_id, **values)


class ContactPoints(Endpoint):
    """How a patient may be reached."""

    @lists_of(ContactPointLine, order=("channel", "-id"))
    def get(self, by: User, patient_id: int) -> QuerySet[ContactPoint]:
        """The addresses in use, one a channel."""
        return access.patient_for(by, "view_chart", patient_id).contact_points.filter(ended_at=None)

    @writes(ContactPointLine, takes=NewContactPoint, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Set the address of a channel, and whether the patient agreed to messages there."""
        return actions_people.set_contact(by, patient_id, **values)
