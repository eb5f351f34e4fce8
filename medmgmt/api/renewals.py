"""Adherence, and renewals: the queue, one screen, one signature for several, and no with a reason."""

from typing import Any

from rest_framework import serializers

from medmgmt.actions import renewals, supply
from medmgmt.api.authorising import NOT_FOUND, REFUSES, NewPart
from medmgmt.api.kit.endpoint import at, reads, writes
from medmgmt.api.kit.fields import Amount, Day, Id, Strict, Text
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import User
from medmgmt.supply import reads as supply_reads
from medmgmt.supply import renewals as renewals_shown
from medmgmt.supply.adherence import Adherence
from refills.errors import sentence
from refills.models import AdherenceReport, RenewalAnswer, RenewalDecision, RenewalReason
from refills.supply.adherence import Share

NOT_RENEWED = [(one.value, one.label) for one in (RenewalAnswer.CHANGED, RenewalAnswer.DENIED)]
TOLD = [choice for choice in RenewalReason.choices if choice[0]]


class NewReport(BodyOfAct):
    """How the patient has taken it."""

    asks = supply.report_adherence


class ReportLine(Shown):
    """The patient's own word."""

    shows = AdherenceReport, "id prescription answer on"


class ShareLine(Shown):
    """Days out of days; `percent` is for people, `adherent` is compared exactly."""

    shows = Share, "days of percent adherent"
    percent = serializers.DecimalField(max_digits=5, decimal_places=1)


class MedicineAdherence(Shown):
    """One medicine in the year up to today."""

    shows = Adherence, (
        "prescription drug_name first last pdc not_scored mpr gap_days injections_on_time self_reported missed_doses"
        " sentence"
    )  # fmt: skip
    prescription = Id(source="prescription_id")
    pdc = ShareLine(source="share", allow_null=True, help_text="Null where none is worked out.")
    not_scored = serializers.CharField(source="why_not")
    mpr = ShareLine(allow_null=True)
    injections_on_time = serializers.ListField(
        child=serializers.IntegerField(), source="injections", allow_null=True, help_text="On time, and of how many."
    )
    self_reported = serializers.CharField(source="word.answer", default=None, allow_null=True)


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


class ProposedLine(Shown):
    """What a renewal would write."""

    shows = renewals_shown.Proposed, "quantity unit days_supply refills may_fill_from"
    quantity = Amount(max_digits=10, decimal_places=3, allow_null=True)


class ObstacleLine(Shown):
    """Why it is not signed together with others."""

    shows = renewals_shown.Obstacle, "code words"


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
    confirm = serializers.BooleanField(default=False, help_text="Renew it although it was decided today already.")
    why = Text(max_length=1000)
    note = Text(max_length=1000)


class NewBatch(Strict):
    """Prescriptions to be renewed as proposed, with one signature."""

    prescriptions = serializers.ListField(
        child=Id(), min_length=1, max_length=renewals.MOST_AT_ONCE, source="prescription_ids"
    )


class Declining(Strict):
    """Not renewed as it is."""

    answer = serializers.ChoiceField(NOT_RENEWED)
    reason = serializers.ChoiceField(TOLD)
    note = Text(max_length=1000)
    confirm = serializers.BooleanField(default=False, help_text="Decide although it was decided today already.")


class DecisionLine(Shown):
    """How a renewal was decided."""

    shows = RenewalDecision, "id patient prescription answer reason note authorisation in_batch decided_at"
    reason = serializers.CharField()


class BatchAnswer(serializers.Serializer[Any]):
    """What became of renewals that were signed together."""

    renewed = DecisionLine(many=True)
    left = RenewalLine(many=True)


def adherence_of(by: User, patient_id: int) -> object:
    """PDC and MPR as PQA has them, injections on time, the patient's own word; per medicine and class."""
    return supply_reads.adherence_of(by, patient_id)[1]


# fmt: off
ADDRESSES = [
    at("prescriptions/<prescription_id>/taken", "taken", called="TellTaken",
       post=writes(ReportLine, supply.report_adherence,
            "Say how you have taken one of your own medicines; twice the same on a day is once.", takes=NewReport,
            status=201, refuses=NOT_FOUND)),
    at("patients/<patient_id>/adherence", "adherence", called="PatientAdherence",
       get=reads(AdherenceAnswer, adherence_of, refuses=("not-found",))),
    at("renewals", "renewals",
       get=reads(QueueAnswer, supply_reads.queue,
            "What waits: the uncontroversial, and the others with the reasons why."),
       post=writes(BatchAnswer, renewals.renew_batch,
            "Renew several as proposed; what is no longer uncontroversial is left and named.", takes=NewBatch,
            refuses=NOT_FOUND)),
    at("prescriptions/<prescription_id>/renewal", "renewal", called="OneRenewal",
       get=reads(RenewalLine, supply_reads.renewal,
            "Everything that matters before it is renewed, with today's review.", refuses=("not-found",)),
       post=writes(DecisionLine, renewals.renew,
            "Renew it: writes the prescription, closes the request, tells the patient.", takes=NewRenewal, status=201,
            refuses=REFUSES)),
    at("prescriptions/<prescription_id>/renewal/decline", "decline-renewal",
       post=writes(DecisionLine, renewals.decline,
            "Say that the treatment changes, or no, with the reason that the patient is told.", takes=Declining,
            status=201, refuses=(*NOT_FOUND, "asked"))),
]
# fmt: on
