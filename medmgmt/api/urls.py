"""Addresses below /api/; each answers with and without a slash at its end."""

from django.urls import re_path

from medmgmt.api import (
    account,
    alerts,
    amendments,
    audit,
    authorising,
    break_glass,
    checking,
    closing,
    cover,
    curation,
    evidence,
    exporting,
    importing,
    knowledge,
    messages,
    monitoring,
    observing,
    order_lines,
    part2,
    people,
    prescriptions,
    proposals,
    renewals,
    review,
    side_effects,
    staff,
    supply,
    tokens,
    worklist,
)
from medmgmt.api.kit import docs

app_name = "api"
SUBJECTS = (
    people, importing, messages, observing, prescriptions, proposals, review, monitoring, side_effects, supply,
    authorising, renewals, worklist, cover, knowledge, evidence, checking, order_lines, curation, alerts, audit,
    account, break_glass, part2, staff, tokens, exporting, amendments, closing,
)  # fmt: skip
urlpatterns = [
    *(address for subject in SUBJECTS for address in subject.ADDRESSES),
    re_path("^schema/?$", docs.SchemaDocument.as_view(), name="schema"),
    re_path("^docs/?$", docs.Documentation.as_view(), name="docs"),
    re_path("", docs.nothing_here, name="nothing-here"),
]
