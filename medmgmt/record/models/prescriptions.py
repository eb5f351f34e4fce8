"""What is prescribed: a drug, and the dosage changes which are all that ever happens to it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from medmgmt.record import dosing
from medmgmt.record.errors import Conflict
from medmgmt.record.models.constraints import rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient
from medmgmt.record.seals import Seal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class Kind(models.TextChoices):
    START = "start", _("start")
    NEW_DOSE = "new_dose", _("new dose")
    HOLD = "hold", _("hold")
    RESUME = "resume", _("resume")
    STOP = "stop", _("stop")


class Status(models.TextChoices):
    """How far a dosage change has come; signed and withdrawn are for ever."""

    PROPOSED = "proposed", _("proposed")
    SIGNED = "signed", _("signed")
    WITHDRAWN = "withdrawn", _("withdrawn")


class ReasonCode(models.TextChoices):
    """Why something changes; `other` needs a note."""

    INITIAL_TREATMENT = "initial_treatment", _("start of treatment")
    CONTINUED_TREATMENT = "continued_treatment", _("continued from elsewhere")
    TITRATION = "titration", _("planned titration")
    INADEQUATE_RESPONSE = "inadequate_response", _("not enough response")
    AUGMENTATION = "augmentation", _("added to another medicine")
    SIDE_EFFECT = "side_effect", _("side effect")
    INTERACTION = "interaction", _("interaction with another medicine")
    LAB_RESULT = "lab_result", _("laboratory result or measurement")
    ALLERGY = "allergy", _("allergy or intolerance")
    PREGNANCY = "pregnancy", _("pregnancy or breast-feeding")
    TAPER = "taper", _("planned taper")
    CROSS_TAPER = "cross_taper", _("switch to another medicine")
    REMISSION = "remission", _("no longer needed")
    RELAPSE = "relapse", _("symptoms came back")
    PROCEDURE = "procedure", _("procedure or intercurrent illness")
    PATIENT_WISH = "patient_wish", _("the patient's wish")
    NOT_TAKEN = "not_taken", _("not taken as prescribed")
    SUPPLY = "supply", _("supply or cost")
    DUPLICATE = "duplicate", _("duplicate")
    ENTERED_IN_ERROR = "entered_in_error", _("entered in error")
    IMPORTED = "imported", _("taken over from another record")
    OTHER = "other", _("other (see note)")


def _settled(status: Status, *, signed: bool, withdrawn: bool) -> Q:
    """Whoever signed or withdrew it and when stand there together, and exactly where the status says so."""
    by_whom = {"signed_by__isnull": not signed, "withdrawn_by__isnull": not withdrawn}
    return Q(status=status, signed_at__isnull=not signed, withdrawn_at__isnull=not withdrawn, **by_whom)


class SigField(models.JSONField):
    """A sig as JSON; in Python a `dosing.Sig`, which nonsense never becomes."""

    def deconstruct(self) -> Any:
        """A migration needs only the column."""
        name, _path, args, options = super().deconstruct()
        return name, "django.db.models.JSONField", args, options

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> dosing.Sig | None:
        """The sig as it was signed."""
        known = super().from_db_value(value, expression, connection)
        return None if known is None else dosing.Sig.from_json(known)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """What the column keeps."""
        plain = value.as_json() if isinstance(value, dosing.Sig) else value
        return super().get_db_prep_value(plain, connection, prepared)


class Prescription(models.Model):
    """A drug for a patient; what is taken of it on a day follows from its signed changes.

    `rxcui` is the RxNorm ingredient, `product_rxcui` the clinical drug where known (RxNorm, U.S. National Library of
    Medicine); `free_text` says that somebody typed the name and no vocabulary knows it.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="prescriptions")
    drug_name = models.CharField(_("drug"), max_length=300)
    rxcui = models.PositiveIntegerField(null=True, blank=True)
    product_rxcui = models.PositiveIntegerField(null=True, blank=True)
    strength = models.CharField(max_length=120, blank=True)
    form = models.CharField(max_length=120, blank=True)
    free_text = models.BooleanField(default=False)
    indication = models.CharField(_("indication"), max_length=300, blank=True)
    first_supply_days = models.PositiveSmallIntegerField(_("days of first supply"), null=True, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    source_id = models.CharField(max_length=200, unique=True, null=True, blank=True)
    programme = models.ForeignKey(
        "record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="prescriptions"
    )
    """The Part 2 programme that prescribes it; for ever."""

    class Meta:
        ordering = ["id"]
        constraints = [
            rule("a_prescription_names_a_drug", ~Q(drug_name="")),
            rule(
                "an_rxcui_is_a_positive_number",
                (Q(rxcui__isnull=True) | Q(rxcui__gt=0)) & (Q(product_rxcui__isnull=True) | Q(product_rxcui__gt=0)),
            ),
            rule(
                "a_free_text_drug_has_no_rxcui", Q(free_text=False) | Q(rxcui__isnull=True, product_rxcui__isnull=True)
            ),
            rule(
                "a_first_supply_lasts_between_a_day_and_a_year",
                Q(first_supply_days__isnull=True) | Q(first_supply_days__gte=1, first_supply_days__lte=366),
            ),
            rule("a_prescriptions_source_id_is_absent_or_real", ~Q(source_id="")),
        ]


class DosageChange(models.Model):
    """The only way in which anything a patient takes changes: proposed, then signed or withdrawn, never edited.

    `effective_on` is the first day on which it holds; for a stop or a hold, the first day without the medicine.
    `sig` stands exactly where the kind says how to take it; `old_sig` is what was taken before, or null.
    `seal` is over what was signed (medmgmt.record.signatures), `seal_key` the number of the key that made it.
    `alongside` says whether it is meant beside other lines of the same drug; null where nobody was asked.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="dosage_changes")
    prescription = models.ForeignKey(Prescription, on_delete=models.PROTECT, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    status = models.CharField(max_length=10, choices=Status, default=Status.PROPOSED)
    effective_on = models.DateField()
    sig = SigField(null=True, blank=True)
    old_sig = SigField(null=True, blank=True)
    reason_code = models.CharField(max_length=30, choices=ReasonCode)
    note = models.TextField(blank=True)
    alongside = models.BooleanField(null=True, blank=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField(default=timezone.now)
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField(null=True, blank=True)
    signed_unchecked = models.BooleanField(default=False)
    """Its signer said in so many words that nothing was checked."""
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_note = models.TextField(blank=True)
    prompted_by_side_effect = models.ForeignKey(
        "record.SideEffectReport", on_delete=models.PROTECT, null=True, blank=True, related_name="prompted_changes"
    )
    prompted_by_observation = models.ForeignKey(
        "record.Observation", on_delete=models.PROTECT, null=True, blank=True, related_name="prompted_changes"
    )
    prompted_by_plan = models.CharField(max_length=300, blank=True)
    seal = models.CharField(max_length=64, blank=True)
    seal_key = models.CharField(max_length=12, blank=True)

    class Meta:
        ordering = ["effective_on", "signed_at", "id"]
        indexes = [
            models.Index(fields=["patient", "status", "effective_on"], name="change_by_patient"),
            models.Index(fields=["prescription", "effective_on"], name="change_by_prescription"),
        ]
        constraints = [
            rule("a_change_is_of_a_kind_we_know", Q(kind__in=Kind.values)),
            rule("a_change_has_a_reason_we_know", Q(reason_code__in=ReasonCode.values)),
            rule("another_reason_needs_a_note", ~Q(reason_code="other") | ~Q(note="")),
            rule("a_changes_effective_day_is_sane", Q(effective_on__gte=EARLIEST_DAY, effective_on__lt=LATEST_DAY)),
            rule(
                "a_hold_or_stop_has_no_sig_and_all_else_has_one",
                (Q(kind__in=dosing.KINDS_WITH_SIG) & Q(sig__isnull=False))
                | (~Q(kind__in=dosing.KINDS_WITH_SIG) & Q(sig__isnull=True)),
            ),
            rule(
                "only_what_begins_is_meant_beside_another",
                Q(alongside__isnull=True) | Q(kind__in=(Kind.START, Kind.RESUME)),
            ),
            rule(
                "only_history_leaves_route_or_timing_unrecorded",
                Q(sig__isnull=True)
                | (~Q(sig__route=dosing.NOT_RECORDED) & ~Q(sig__parts__0__timing=dosing.NOT_RECORDED))
                | Q(reason_code=ReasonCode.IMPORTED),
            ),
            rule(
                "a_change_is_proposed_or_signed_or_withdrawn_by_somebody",
                _settled(Status.PROPOSED, signed=False, withdrawn=False)
                | _settled(Status.SIGNED, signed=True, withdrawn=False)
                | _settled(Status.WITHDRAWN, signed=False, withdrawn=True),
            ),
            rule("only_a_signed_change_is_sealed", Q(status=Status.SIGNED) | Q(seal="", seal_key="")),
            rule("only_a_signed_change_was_signed_unchecked", Q(status=Status.SIGNED) | Q(signed_unchecked=False)),
            rule("only_a_withdrawn_change_says_why_withdrawn", Q(status=Status.WITHDRAWN) | Q(withdrawn_note="")),
            rule(
                "a_change_is_settled_after_it_was_proposed",
                (Q(signed_at__isnull=True) | Q(signed_at__gte=F("proposed_at")))
                & (Q(withdrawn_at__isnull=True) | Q(withdrawn_at__gte=F("proposed_at"))),
            ),
        ]

    @property
    def step(self) -> dosing.Step:
        """This change as a step of its course; one not signed yet counts as the latest of its day."""
        order = dosing.LAST_ORDER if self.signed_at is None else (self.signed_at - EPOCH) // MICROSECOND
        return dosing.Step(kind=self.kind, effective_on=self.effective_on, sig=self.sig, ref=self.pk, order=order)

    def sign(self, *, by_id: int, at: datetime, seal: Seal) -> None:
        """Signs a proposed change; Conflict if somebody signed or withdrew it first. The caller has reviewed it, and
        sealed it as it is when signed."""
        self._settle(status=Status.SIGNED, signed_by_id=by_id, signed_at=at, signed_unchecked=self.signed_unchecked,
                     seal=seal.hash, seal_key=seal.key)  # fmt: skip

    def withdraw(self, *, by_id: int, at: datetime, note: str = "") -> None:
        """Withdraws a proposed change; Conflict if somebody signed or withdrew it first."""
        self._settle(status=Status.WITHDRAWN, withdrawn_by_id=by_id, withdrawn_at=at, withdrawn_note=note)

    def _settle(self, **columns: Any) -> None:
        proposed = DosageChange.objects.filter(pk=self.pk, status=Status.PROPOSED)
        if not proposed.update(**columns):
            raise Conflict(_("This change has already been signed or withdrawn."))
        for name, value in columns.items():
            setattr(self, name, value)
