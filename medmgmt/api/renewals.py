"""Adherence, and renewals: the queue, one screen, one signature for several, and no with a reason."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from medmgmt.actions import renewals, supply
from medmgmt.api.authorising import REFUSES, NewPart
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Strict, Text
from medmgmt.record.models import User
from medmgmt.supply import reads as supply_reads
from refills.errors import sentence
from refills.models import RenewalAnswer, RenewalReason, Taken

NOT_RENEWED = [(one.value, one.label) for one in (RenewalAnswer.CHANGED, RenewalAnswer.DENIED)]
TOLD = [choice for choice in RenewalReason.choices if choice[0]]


class NewReport(Strict):
    """How the patient has taken it."""

    answer = serializers.ChoiceField(Taken.choices)


class ReportLine(serializers.Serializer[Any]):
    """The patient's own word."""

    id = Id()
    prescription = Id(source="prescription_id")
    answer = serializers.ChoiceField(Taken.choices)
    on = Day()


class ShareLine(serializers.Serializer[Any]):
    """Days out of days; `percent` is for people, `adherent` is compared exactly."""

    days = serializers.IntegerField()
    of = serializers.IntegerField()
    percent = serializers.DecimalField(max_digits=5, decimal_places=1)
    adherent = serializers.BooleanField()


class MedicineAdherence(serializers.Serializer[Any]):
    """One medicine in the year up to today."""

    prescription = Id(source="prescription_id")
    drug_name = serializers.CharField()
    first = Day()
    last = Day()
    pdc = ShareLine(source="share", allow_null=True, help_text="Null where none is worked out.")
    not_scored = serializers.CharField(source="why_not")
    mpr = ShareLine(allow_null=True)
    gap_days = serializers.IntegerField()
    injections_on_time = serializers.ListField(
        child=serializers.IntegerField(), source="injections", allow_null=True, help_text="On time, and of how many."
    )
    self_reported = serializers.CharField(source="word.answer", default=None, allow_null=True)
    missed_doses = serializers.IntegerField(allow_null=True)
    sentence = serializers.CharField()


class ClassAdherenceLine(serializers.Serializer[Any]):
    """A class: a day counts when any of its drugs covers it."""

    name = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a member of this name, not the field's own label
    drugs = serializers.ListField(child=serializers.CharField())
    pdc = ShareLine(source="share", allow_null=True, help_text="Null where none is worked out.")
    not_scored = serializers.CharField(source="why_not")


class AdherenceAnswer(serializers.Serializer[Any]):
    """Every medicine and class of one patient."""

    medicines = MedicineAdherence(many=True)
    classes = ClassAdherenceLine(many=True)


class BrokenRule(serializers.Serializer[Any]):
    """A rule that stands in the way."""

    rule = serializers.CharField(source="reason.value")
    citation = serializers.CharField(source="source")
    until = Day(source="day", allow_null=True)
    sentence = serializers.SerializerMethodField()

    def get_sentence(self, refusal: Any) -> str:
        """The rule in words."""
        return sentence(refusal)


class ProposedLine(serializers.Serializer[Any]):
    """What a renewal would write."""

    quantity = Amount(max_digits=10, decimal_places=3, allow_null=True)
    unit = serializers.CharField()
    days_supply = serializers.IntegerField()
    refills = serializers.IntegerField()
    may_fill_from = Day(allow_null=True)


class ObstacleLine(serializers.Serializer[Any]):
    """Why it is not signed together with others."""

    code = serializers.CharField()
    words = serializers.CharField()


class RenewalLine(serializers.Serializer[Any]):
    """One prescription with what matters before it is renewed; its review is made again at every look."""

    prescription = Id(source="prescription.pk")
    patient = Id(source="patient.pk")
    drug_name = serializers.CharField(source="prescription.drug_name")
    regimen = serializers.CharField(source="line")
    adherence = MedicineAdherence()
    last_filled_on = Day(source="last_fill.dispensed_on", default=None, allow_null=True)
    runs_out_on = Day(allow_null=True)
    earliest_fill_on = Day(source="earliest.on", default=None, allow_null=True)
    fills_left = serializers.IntegerField()
    schedule = serializers.CharField()
    supply_waits_for = serializers.SerializerMethodField()
    overdue_labs = serializers.SerializerMethodField()
    open_findings = serializers.SerializerMethodField()
    rules = BrokenRule(source="refusals", many=True)
    proposed = ProposedLine()
    may_be_batched = serializers.BooleanField(source="is_plain")
    obstacles = ObstacleLine(many=True)

    def get_supply_waits_for(self, one: Any) -> str:
        """The lab that the supply waits for; empty where it waits for none."""
        return one.gate.sentence if one.gate is not None and one.gate.pends else ""

    def get_overdue_labs(self, one: Any) -> list[str]:
        """Labs of this medicine that are overdue."""
        return [due.parameter for due in one.overdue_labs]

    def get_open_findings(self, one: Any) -> list[str]:
        """Major findings of today's review that nobody has answered."""
        return [finding.summary for finding in one.open_findings]


class QueueAnswer(serializers.Serializer[Any]):
    """What waits for a renewal."""

    plain = RenewalLine(many=True)
    others = RenewalLine(many=True)
    more = serializers.IntegerField()


class NewRenewal(NewPart):
    """What is written, and what the patient and the audit are told."""

    quantity_meant = serializers.BooleanField(default=False)
    why = Text(max_length=1000)
    note = Text(max_length=1000)


class NewBatch(Strict):
    """Prescriptions to be renewed as proposed, with one signature."""

    prescriptions = serializers.ListField(child=Id(), min_length=1, max_length=renewals.MOST_AT_ONCE)


class Declining(Strict):
    """Not renewed as it is."""

    answer = serializers.ChoiceField(NOT_RENEWED)
    reason = serializers.ChoiceField(TOLD)
    note = Text(max_length=1000)


class DecisionLine(serializers.Serializer[Any]):
    """How a renewal was decided."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id")
    answer = serializers.ChoiceField(RenewalAnswer.choices)
    reason = serializers.CharField()
    note = serializers.CharField()
    authorisation = Id(source="authorisation_id", allow_null=True)
    in_batch = serializers.BooleanField()
    decided_at = Instant()


class BatchAnswer(serializers.Serializer[Any]):
    """What became of renewals that were signed together."""

    renewed = DecisionLine(many=True)
    left = RenewalLine(many=True)


class TellTaken(Endpoint):
    """The patient's own word."""

    @writes(ReportLine, takes=NewReport, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Say how you have taken one of your own medicines; twice the same on a day is once."""
        return supply.report_adherence(by, prescription_id, **values)


class PatientAdherence(Endpoint):
    """How regularly a patient has had each medicine."""

    @reads(AdherenceAnswer, refuses=("not-found",))
    def get(self, by: User, patient_id: int) -> object:
        """PDC and MPR as PQA has them, injections on time, the patient's own word; per medicine and class."""
        return supply_reads.adherence_of(by, patient_id)[1]


class Renewals(Endpoint):
    """The queue of renewals."""

    @reads(QueueAnswer)
    def get(self, by: User) -> object:
        """What waits: the uncontroversial, and the others with the reasons why."""
        return supply_reads.queue(by)

    @writes(BatchAnswer, takes=NewBatch, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Renew several as proposed; what is no longer uncontroversial is left and named."""
        return renewals.renew_batch(by, values["prescriptions"])


class OneRenewal(Endpoint):
    """One renewal."""

    @reads(RenewalLine, refuses=("not-found",))
    def get(self, by: User, prescription_id: int) -> object:
        """Everything that matters before it is renewed, with today's review."""
        return supply_reads.renewal(by, prescription_id)

    @writes(DecisionLine, takes=NewRenewal, status=201, refuses=REFUSES)
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Renew it: writes the prescription, closes the request, tells the patient."""
        return renewals.renew(by, prescription_id, **values)


class DeclineRenewal(Endpoint):
    """Not renewing as it is."""

    @writes(DecisionLine, takes=Declining, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Say that the treatment changes, or no, with the reason that the patient is told."""
        return renewals.decline(by, prescription_id, **values)
