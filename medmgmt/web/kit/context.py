"""What every page knows: the site's name, whether this is the demo, and the doors this person may open."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise, SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from medmgmt.record import access, part2
from medmgmt.signing_in import proof
from medmgmt.worklist import reads


@dataclass(frozen=True)
class Door:
    """One entry of the main navigation; `here` marks the page in which one stands."""

    label: str | Promise
    url: str
    here: bool
    waiting: Mapping[str, int] | None = None


STAFF_PAGES = ("staff", "new_login", "login", "teams", "rename_team", "staff_changes", "staff_change", "end_membership",
               "ask_role", "ask_password", "ask_factors", "ask_active", "make_inactive", "clear_lock",
               "correct_login", "begin_membership")  # fmt: skip
KNOWLEDGE_PAGES = ("knowledge", "rules", "new_rule", "alerts", "selftest", "knowledge_drugs", "knowledge_drug")
DOORS: tuple[tuple[str, str, Promise, tuple[str, ...]], ...] = (
    ("view_own", "web:portal", _("My medicines"), ("portal", "who_looked", "my_amendments", "my_amendment")),
    ("view_own", "web:my_side_effect", _("Report a side effect"), ("my_side_effect", "my_side_effect_sent")),
    ("work_tasks", "web:worklist", _("Worklist"), ("worklist", "task", "late", "cover")),
    ("renew", "web:renewals", _("Renewals"), ("renewals", "renewal", "decline")),
    ("view_outbox", "web:late", _("Late tasks"), ("late",)),
    ("view_outbox", "web:cover", _("Absences"), ("cover",)),
    ("list_patients", "web:patients", _("Patients"), ("patients",)),
    ("view_knowledge", "web:knowledge", _("Knowledge"), KNOWLEDGE_PAGES),
    ("view_delivery", "web:delivery", _("Delivery"), ("delivery",)),
    ("view_outbox", "web:outbox", _("Outbox"), ("outbox",)),
    ("mark_programme", "web:programmes", _("Part 2"), ("programmes",)),
    ("judge_break_glass", "web:openings", _("Emergencies"), ("openings", "judge_break_glass")),
    (
        "export_numbered",
        "web:amendments",
        _("Amendments"),
        ("amendments", "amendment", "answer_amendment", "extend_amendment", "rebut"),
    ),
    ("export_numbered", "web:export_numbered", _("Export"), ("export_numbered",)),
    ("export_numbered", "web:close_account", _("Close an account"), ("close_account",)),
    ("view_audit", "web:audit", _("Audit"), ("audit", "look_into", "audit_of")),
    ("manage_staff", "web:staff", _("Staff"), STAFF_PAGES),
)
"""Act that opens it, address, label, and the views that count as being there."""


def site(request: HttpRequest) -> dict[str, object]:
    """Template context shared by all pages; no query beyond the person who is signed in, and one for what waits."""
    return {
        "site_name": settings.SITE_NAME,
        "demo": not settings.PRODUCTION,
        "nav": doors(request),
        "emergency_number": settings.EMERGENCY_NUMBER,
        "crisis_number": settings.CRISIS_NUMBER,
        "clinic_phone": settings.CLINIC_PHONE,
        "part2_notice": lambda: part2.NOTICE if part2.disclosed.get() else "",
        **session_of(request),
    }


def session_of(request: HttpRequest) -> dict[str, object]:
    """How long the session lasts, whose it is, and whether it can be locked; nothing for strangers. No query."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    left, whose = proof.seconds_left(request), proof.whose(user.pk)
    return {"seconds_left": left, "whose": whose, "may_lock": request.session.get(proof.QUICK, False)}


def doors(request: HttpRequest) -> list[Door]:
    """The navigation of the person who asks; empty for strangers."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return []
    here = request.resolver_match.url_name if request.resolver_match else ""
    waiting = SimpleLazyObject(lambda: waiting_for(request))
    return [
        Door(label, reverse(url), here in views, waiting if url == "web:worklist" else None)  # type: ignore[arg-type]  # lazily so
        for act, url, label, views in DOORS
        if access.may(user, act)
    ]


def waiting_for(request: HttpRequest) -> Mapping[str, int]:
    """How many tasks wait for the person, are their own, and are late; asked for once a request, where it is shown."""
    known: Mapping[str, int] | None = getattr(request, "_waiting", None)
    if known is None:
        known = reads.task_counts(request.user)  # type: ignore[arg-type]  # only people who work here get this far
        request._waiting = known  # type: ignore[attr-defined]  # kept for the rest of the request
    return known
