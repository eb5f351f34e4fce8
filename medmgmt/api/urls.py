"""Addresses below /api/; each answers with and without a slash at its end."""

import re

from django.urls import URLPattern, re_path
from rest_framework.views import APIView

from medmgmt.api import (
    alerts,
    audit,
    checking,
    cover,
    curation,
    docs,
    knowledge,
    monitoring,
    people,
    prescriptions,
    proposals,
    supply,
    tasks,
)

app_name = "api"
ID = r"[0-9]{1,18}"


def at(address: str, view: type[APIView], name: str) -> URLPattern:
    """One address; `<thing_id>` stands for a number that the database can hold, whatever was typed."""
    return re_path("^" + re.sub(r"<(\w+_id)>", rf"(?P<\1>{ID})", address) + "/?$", view.as_view(), name=name)


urlpatterns = [
    at("me", people.Me, "me"),
    at("portal", people.Portal, "portal"),
    at("patients", people.Patients, "patients"),
    at("patients/search", people.SearchPatients, "search-patients"),
    at("patients/<patient_id>", people.OnePatient, "patient"),
    at("patients/<patient_id>/enrolments", people.Enrolments, "enrolments"),
    at("patients/<patient_id>/contact-points", people.ContactPoints, "contact-points"),
    at("patients/<patient_id>/observations", monitoring.Observations, "observations"),
    at("patients/<patient_id>/allergies", monitoring.Allergies, "allergies"),
    at("patients/<patient_id>/conditions", monitoring.Conditions, "conditions"),
    at("prescriptions", prescriptions.Prescriptions, "prescriptions"),
    at("prescriptions/<prescription_id>", prescriptions.OnePrescription, "prescription"),
    at("prescriptions/<prescription_id>/dose_on", prescriptions.Dose, "dose-on"),
    at("prescriptions/<prescription_id>/request-refill", supply.RequestRefill, "request-refill"),
    at("proposals", proposals.Proposals, "proposals"),
    at("proposals/<change_id>", proposals.OneProposal, "proposal"),
    at("proposals/<change_id>/findings", proposals.Findings, "findings"),
    at("proposals/<change_id>/sign", proposals.Sign, "sign"),
    at("proposals/<change_id>/withdraw", proposals.Withdraw, "withdraw"),
    at("findings/<finding_id>/override", proposals.Override, "override"),
    at("side-effects", monitoring.SideEffects, "side-effects"),
    at("side-effects/<report_id>", monitoring.OneSideEffect, "side-effect"),
    at("side-effects/<report_id>/correct", monitoring.CorrectSideEffect, "correct-side-effect"),
    at("dispenses", supply.Dispenses, "dispenses"),
    at("reminders", supply.Reminders, "reminders"),
    at("reminders/answer", supply.AnswerLink, "answer-link"),
    at("tasks", tasks.Tasks, "tasks"),
    at("tasks/counts", tasks.TaskCounts, "task-counts"),
    at("tasks/batch", tasks.SeveralTasks, "several-tasks"),
    at("tasks/late", cover.Lateness, "late-tasks"),
    at("tasks/notice", cover.MorningNotice, "morning-notice"),
    at("tasks/<task_id>", tasks.OneTask, "task"),
    at("tasks/<task_id>/reassign", tasks.ReassignTask, "reassign-task"),
    at("tasks/<task_id>/postpone", tasks.PostponeTask, "postpone-task"),
    at("tasks/<task_id>/comments", tasks.TaskComments, "task-comments"),
    at("absences", cover.Absences, "absences"),
    at("absences/<absence_id>/withdraw", cover.WithdrawAbsence, "withdraw-absence"),
    at("tasks/<task_id>/claim", tasks.ClaimTask, "claim-task"),
    at("tasks/<task_id>/release", tasks.ReleaseTask, "release-task"),
    at("tasks/<task_id>/done", tasks.CloseTask, "close-task"),
    at("tasks/<task_id>/cancel", tasks.CancelTask, "cancel-task"),
    at("drugs", knowledge.Drugs, "drugs"),
    at("interactions/check", checking.CheckCase, "check"),
    at("releases", knowledge.Releases, "releases"),
    at("releases/<release_id>", knowledge.OneRelease, "release"),
    at("releases/<release_id>/preview", knowledge.PreviewRelease, "preview-release"),
    at("releases/<release_id>/activate", knowledge.ActivateRelease, "activate-release"),
    at("releases/<release_id>/retire", knowledge.RetireRelease, "retire-release"),
    at("rules", curation.Rules, "rules"),
    at("local-changes", curation.LocalChanges, "local-changes"),
    at("local-changes/<local_change_id>/approve", curation.ApproveLocalChange, "approve-local-change"),
    at("local-changes/<local_change_id>/reject", curation.RejectLocalChange, "reject-local-change"),
    at("local-changes/<local_change_id>/end", curation.EndLocalChange, "end-local-change"),
    at("alerts", alerts.Alerts, "alerts"),
    at("rescreenings", alerts.Rescreenings, "rescreenings"),
    at("audit", audit.AuditTrail, "audit"),
    at("schema", docs.SchemaDocument, "schema"),
    at("docs", docs.Documentation, "docs"),
    re_path("", docs.nothing_here, name="nothing-here"),
]
