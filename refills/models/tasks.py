"""What is due to be done by a person."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from refills.models.constraints import rule


class TaskKind(models.TextChoices):
    """Work that waits for a person."""

    CONTACT_PATIENT = "contact_patient", _("Contact the patient")
    REFILL_REQUEST = "refill_request", _("Refill asked for")
    RESULT = "result", _("A result needs somebody")
    SIDE_EFFECT_REVIEW = "side_effect_review", _("Review a side effect")
    FINDING_FOLLOW_UP = "finding_follow_up", _("Follow up an accepted risk")
    NOT_CHECKED = "not_checked", _("Drug that could not be checked")
    REVIEW_PROPOSAL = "review_proposal", _("Proposal waits for a signature")
    MONITORING_DUE = "monitoring_due", _("Monitoring is due")
    MONITORING_ORDER = "monitoring_order", _("Monitoring to arrange")
    COSIGN = "cosign", _("A second signature is asked for")
    KNOWLEDGE_CHANGE = "knowledge_change", _("What is known has changed")
    RENEWAL = "renewal", _("Renew a prescription")
    FILL_LOOK = "fill_look", _("Look at a fill")
    SUPPLY_GAP = "supply_gap", _("Supply has run out")
    LAB_GATE = "lab_gate", _("Supply waits for a lab")
    INJECTION_DUE = "injection_due", _("Injection is due")
    FIX_CONTACT = "fix_contact", _("Mend how the patient is reached")
    MESSAGE_HELD = "message_held", _("Decide on a message that was held back")
    BREAK_GLASS = "break_glass", _("Look at a chart opened in an emergency")
    PART2_EMERGENCY = "part2_emergency", _("Restricted records opened in an emergency")
    STAFF_CHANGE = "staff_change", _("Decide on a change of a login")
    AMENDMENT = "amendment", _("Answer a request to amend the record")
    OTHER = "other", _("Other")


class TaskState(models.TextChoices):
    """Open, claimed by somebody, or closed in one of two ways."""

    OPEN = "open", _("open")
    CLAIMED = "claimed", _("claimed")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class TaskOutcome(models.TextChoices):
    """What came of a task, in a word that can be counted."""

    RESOLVED = "resolved", _("resolved")
    REACHED = "reached", _("spoke with the patient")
    MESSAGE_LEFT = "message_left", _("left a message")
    NOT_REACHED = "not_reached", _("did not reach the patient")
    TREATMENT_CHANGED = "treatment_changed", _("treatment changed")
    NO_CHANGE = "no_change", _("looked at it, nothing to change")
    ARRANGED = "arranged", _("ordered or arranged")
    REFERRED = "referred", _("handed on to somebody else")
    NOT_NEEDED = "not_needed", _("not needed any more")
    DUPLICATE = "duplicate", _("the same as another task")
    NOT_KEPT = "not_kept", _("was not kept")
    OTHER = "other", _("other, see the text")


class Waits(models.TextChoices):
    """Why a task goes to somebody else than it was meant for; empty where it reaches whom it was meant for."""

    ASSIGNEE_AWAY = "assignee_away", _("the person it was given to is away")
    ASSIGNEE_LEFT = "assignee_left", _("the person it was given to no longer works here or with this patient")
    ROLE_ABSENT = "role_absent", _("nobody of this role is on duty")
    NOBODY = "nobody", _("nobody at all is on duty who may see it")


LIVE = (TaskState.OPEN, TaskState.CLAIMED)
MOST_URGENT, LEAST_URGENT = 1, 4
HIGHEST_LEVEL = 3


class Task(models.Model):
    """Something a person has to do, by when, and who; opened once for its key, closed once."""

    kind = models.CharField(max_length=30, choices=TaskKind)
    key = models.CharField(max_length=200, unique=True, help_text=_("The same event never opens two tasks."))
    patient = models.ForeignKey("record.Patient", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="tasks"
    )
    role = models.CharField(max_length=20, blank=True)
    priority = models.PositiveSmallIntegerField(default=3, help_text=_("1 is the most urgent, 4 the least."))
    stop_tier = models.PositiveSmallIntegerField(
        default=0, help_text=_("How soon harm comes when its drug stops: 1 first, 3 last; 0 without a drug.")
    )
    service_case = models.CharField(
        max_length=20, blank=True, help_text=_("Which row of the service levels of its kind speaks for it.")
    )
    rank = models.PositiveSmallIntegerField(default=30, help_text=_("Clinical risk: the smallest comes first."))
    due_at = models.DateTimeField()
    source_type = models.CharField(max_length=50, blank=True)
    source_id = models.CharField(max_length=50, blank=True)
    title = models.CharField(max_length=200, help_text=_("No health data: it may be shown in a list."))
    detail = models.TextField(blank=True, help_text=_("Shown only to somebody signed in who may see the patient."))
    state = models.CharField(max_length=10, choices=TaskState, default=TaskState.OPEN)
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    claimed_until = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    outcome_code = models.CharField(max_length=20, choices=TaskOutcome, blank=True)
    outcome = models.TextField(blank=True)
    closes_on = models.CharField(
        max_length=60, blank=True, help_text=_("What alone closes it, for instance observation:lithium_level.")
    )
    evidence_type = models.CharField(max_length=50, blank=True)
    evidence_id = models.CharField(max_length=50, blank=True)
    escalation_level = models.PositiveSmallIntegerField(default=0)
    escalated_at = models.DateTimeField(null=True, blank=True)
    escalate_at = models.DateTimeField(null=True, blank=True, help_text=_("When it is raised next, if it still waits."))
    raised_to = models.CharField(
        max_length=20, blank=True, help_text=_("The role that sees it too since it was raised.")
    )
    stand_in = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    stand_in_role = models.CharField(max_length=20, blank=True)
    waits = models.CharField(max_length=20, choices=Waits, blank=True)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("rank", "due_at", "id")
        indexes = (
            models.Index(
                fields=["rank", "due_at", "id"],
                condition=Q(closed_at__isnull=True),  # not by state: SQLite would not use the index then
                name="tasks_that_are_live",
            ),
            models.Index(fields=["due_at"], condition=Q(closed_at__isnull=True), name="tasks_by_due_time"),
            models.Index(fields=["escalate_at"], condition=Q(closed_at__isnull=True), name="tasks_by_escalation"),
            models.Index(
                fields=["patient", "closes_on"],
                condition=Q(closed_at__isnull=True) & ~Q(closes_on=""),
                name="tasks_that_wait_for_evidence",
            ),
            models.Index(fields=["patient", "state"], name="tasks_of_a_patient"),
        )
        constraints = (
            rule("a_task_has_an_assignee_or_a_role", Q(assignee__isnull=False) | ~Q(role="")),
            rule("a_task_priority_is_1_to_4", Q(priority__gte=MOST_URGENT, priority__lte=LEAST_URGENT)),
            rule("a_task_escalates_at_most_three_times", Q(escalation_level__lte=HIGHEST_LEVEL)),
            rule("a_task_kind_is_known", Q(kind__in=TaskKind.values)),
            rule(
                "only_a_claimed_task_has_a_claimer_and_a_lease",
                Q(state="claimed", claimed_by__isnull=False, claimed_until__isnull=False)
                | (~Q(state="claimed") & Q(claimed_by__isnull=True, claimed_until__isnull=True)),
            ),
            rule(
                "a_closed_task_and_only_it_has_a_closing_time",
                Q(state__in=("open", "claimed"), closed_at__isnull=True, closed_by__isnull=True)
                | Q(state__in=("done", "cancelled"), closed_at__isnull=False),
            ),
            rule("a_done_task_says_who_did_it", ~Q(state="done") | Q(closed_by__isnull=False)),
            rule(
                "an_escalated_task_says_when",
                Q(escalated_at__isnull=True, escalation_level=0)
                | Q(escalated_at__isnull=False, escalation_level__gte=1),
            ),
            rule("a_task_version_counts_from_one", Q(version__gte=1)),
            rule("a_stop_tier_is_1_to_3_or_none", Q(stop_tier__lte=3)),
            rule("a_task_outcome_is_known", Q(outcome_code="") | Q(outcome_code__in=TaskOutcome.values)),
            rule("a_reason_for_waiting_is_known", Q(waits="") | Q(waits__in=Waits.values)),
            rule(
                "evidence_is_named_whole",
                Q(evidence_type="", evidence_id="") | (~Q(evidence_type="") & ~Q(evidence_id="")),
            ),
            rule(
                "a_task_that_waits_for_evidence_is_done_only_with_it",
                ~Q(state="done") | Q(closes_on="") | ~Q(evidence_type=""),
            ),
        )

    @property
    def is_live(self) -> bool:
        """Does it still wait for somebody?"""
        return self.state in LIVE


class TaskComment(models.Model):
    """What somebody wrote under a task; append-only, in the database too."""

    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="comments")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    text = models.TextField()

    class Meta:
        ordering = ("at", "id")
        constraints = (rule("a_comment_says_something", ~Q(text="")),)
