"""What a patient asks to have amended in the record, and everything that was said about it (45 CFR 164.526).

Four tables that only grow: the request, the one extension of its clock, the answer, and what was said after a denial.
By when it must be answered and how it stands are computed. A request that is about what a Part 2 programme made, or may
be, names that programme, and is seen by whoever may see the programme's notes.
"""

from datetime import date, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models.constraints import once, rule
from medmgmt.record.models.people import EARLIEST_DAY, LATEST_DAY, Patient

DAYS, DAYS_MORE = timedelta(days=60), timedelta(days=30)
"""How long after it was received a request is answered at the latest, and by how much that may be put off once
(164.526(b)(2))."""


class Way(models.TextChoices):
    """How a request came."""

    OWN = "own", _("by the patient, signed in")
    PAPER = "paper", _("from the patient, on paper or by word")
    REPRESENTATIVE = "representative", _("from a personal representative")


class EntryKind(models.TextChoices):
    """What of the record a request may be about, and what may amend it."""

    PRESCRIPTION = "prescription", _("medicine")
    OBSERVATION = "observation", _("measurement")
    SIDE_EFFECT = "side_effect", _("side effect")
    ENCOUNTER = "encounter", _("visit")
    CONDITION = "condition", _("diagnosis")
    ALLERGY = "allergy", _("allergy")


class Decision(models.TextChoices):
    """What was decided on a request, in whole or in part."""

    ACCEPTED = "accepted", _("accepted")
    PARTLY = "partly", _("accepted in part")
    DENIED = "denied", _("denied")


class Ground(models.TextChoices):
    """On what alone a request may be denied (164.526(a)(2))."""

    NOT_OURS = "not_ours", _("we did not write it, and whoever did can still be asked")
    NOT_IN_SET = "not_in_set", _("it is not part of the record by which we decide about care or payment")
    NOT_OPEN = "not_open", _("the law does not open this part of the record for reading")
    ACCURATE = "accurate", _("it is accurate and complete")


class Said(models.TextChoices):
    """What may be said after a denial: by the patient that they disagree, by us why we stay with it (164.526(d))."""

    DISAGREEMENT = "disagreement", _("statement of disagreement")
    REBUTTAL = "rebuttal", _("rebuttal")


def one_entry_or_none() -> Q:
    """Kind and number of an entry go together."""
    return Q(entry_kind="", entry_number=None) | (Q(entry_kind__in=EntryKind.values) & Q(entry_number__isnull=False))


class AmendmentRequest(models.Model):
    """What somebody asks to have amended and why; of one entry where they named one. `tell` is whom the patient wants
    and agrees to have told of an amendment (164.526(c)(2))."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="amendment_requests")
    programme = models.ForeignKey("record.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    """The Part 2 programme whose record it is about, or may be; for ever."""
    way = models.CharField(max_length=20, choices=Way)
    received_on = models.DateField()
    entry_kind = models.CharField(max_length=20, choices=EntryKind, blank=True)
    entry_number = models.BigIntegerField(null=True, blank=True)
    what = models.TextField()
    why = models.TextField()
    tell = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["patient", "-at"], name="amendment_by_patient")]
        constraints = [
            rule("an_amendment_request_says_what_and_why", ~Q(what="") & ~Q(why="")),
            rule("an_amendment_request_came_in_a_way_we_know", Q(way__in=Way.values)),
            rule("an_amendment_request_is_about_one_entry_or_none", one_entry_or_none()),
            rule("an_amendment_request_came_on_a_sane_day",
                 Q(received_on__gte=EARLIEST_DAY, received_on__lt=LATEST_DAY)),
        ]  # fmt: skip

    @property
    def due_on(self) -> date:
        """The last day on which it may be answered."""
        return self.extended.until if hasattr(self, "extended") else self.received_on + DAYS

    @property
    def is_open(self) -> bool:
        """Whether it waits for an answer."""
        return not hasattr(self, "answered")

    @property
    def state(self) -> str:
        """waiting, or what was decided."""
        return "waiting" if self.is_open else self.answered.decision

    @property
    def state_words(self) -> str | Promise:
        """The same, for people."""
        return _("waiting for an answer") if self.is_open else Decision(self.answered.decision).label

    def said(self, kind: Said) -> "AmendmentStatement | None":
        """The statement of disagreement, or the rebuttal; None where there is none."""
        return next((one for one in self.statements.all() if one.kind == kind), None)

    @property
    def disagreement(self) -> "AmendmentStatement | None":
        """What the patient said after a denial."""
        return self.said(Said.DISAGREEMENT)

    @property
    def rebuttal(self) -> "AmendmentStatement | None":
        """What was said to that."""
        return self.said(Said.REBUTTAL)


class AmendmentExtension(models.Model):
    """A request that is answered later: until when, and why; the patient reads it (164.526(b)(2)(ii))."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    request = models.OneToOneField(AmendmentRequest, on_delete=models.PROTECT, related_name="extended")
    until = models.DateField()
    why = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [rule("an_amendment_is_put_off_with_a_reason", ~Q(why=""))]


class AmendmentAnswer(models.Model):
    """What was decided on a request, in plain words: the entry that amends it and who is told where it was accepted
    (164.526(c)), one of the grounds where it was denied (164.526(d)(1))."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    request = models.OneToOneField(AmendmentRequest, on_delete=models.PROTECT, related_name="answered")
    decision = models.CharField(max_length=10, choices=Decision)
    ground = models.CharField(max_length=20, choices=Ground, blank=True)
    words = models.TextField()
    entry_kind = models.CharField(max_length=20, choices=EntryKind, blank=True)
    entry_number = models.BigIntegerField(null=True, blank=True)
    told_whom = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            rule("an_amendment_is_decided_in_a_word_we_know", Q(decision__in=Decision.values)),
            rule("an_amendment_is_denied_on_a_ground_of_the_rule_and_only_then",
                 Q(decision=Decision.ACCEPTED, ground="")
                 | (~Q(decision=Decision.ACCEPTED) & Q(ground__in=Ground.values))),
            rule("an_answer_to_an_amendment_says_why", ~Q(words="")),
            rule("an_amendment_is_made_by_one_entry_or_none", one_entry_or_none()),
            rule("what_is_denied_is_amended_by_nothing", ~Q(decision=Decision.DENIED) | Q(entry_kind="", told_whom="")),
        ]  # fmt: skip


class AmendmentStatement(models.Model):
    """What was said after a denial; it stays with the request and goes wherever the record goes (164.526(d)(5))."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    request = models.ForeignKey(AmendmentRequest, on_delete=models.PROTECT, related_name="statements")
    kind = models.CharField(max_length=20, choices=Said)
    text = models.TextField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["id"]
        constraints = [
            rule("a_statement_is_of_a_kind_we_know", Q(kind__in=Said.values)),
            rule("a_statement_says_something", ~Q(text="")),
            once("each_says_it_once_after_a_denial", "request", "kind"),
        ]
