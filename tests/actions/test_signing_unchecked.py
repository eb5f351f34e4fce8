"""Where no knowledge is in use nothing was checked: the signer says so, or the signature is refused."""

from dataclasses import replace
from typing import Any

import pytest

from interactions import releases
from interactions.errors import NothingChecked
from interactions.models import Release, Rule, TableRow
from medmgmt.actions import knowledge as acts
from medmgmt.actions import prescribing
from medmgmt.record.models import AuditEntry, DosageChange
from tests import factories, shipped_knowledge
from tests.actions import orders
from tests.faces.api.client import Api, done, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


def nothing_in_use() -> None:
    for release in releases.active():
        releases.retire(release.pk, by_id=None)


def only_our_own() -> None:
    """The clinic's own rule stays behind when the release it was written beside goes."""
    wanted = {"a": "lamotrigine", "b": "metformin", "adds_rule": True, "severity": "major", "reason": "Seen here.",
              "cases": ["lamotrigine + metformin => major"]}  # fmt: skip
    acts.approve(factories.adler(), acts.propose(factories.pia(), acts.Wanted(**wanted)).pk)  # type: ignore[arg-type]
    Release.objects.exclude(source="local").update(status="retired")


def hollow() -> None:
    """A release is in use, and what it held is gone: as after a restore of some of the tables."""
    nothing_in_use()
    about = releases.About(source="hollow", version="1", released_on=orders.today())
    made = releases.keep_rules(about, replace(shipped_knowledge.tables(), rules=(), tables={}), {"x.csv": "9" * 64})
    releases.activate(made.pk, by_id=None)
    assert not Rule.objects.filter(release=made).exists()
    assert not TableRow.objects.filter(release=made).exists()


@pytest.mark.parametrize("blind", [nothing_in_use, only_our_own, hollow])
def test_an_order_that_nothing_was_checked_of_needs_the_word_and_keeps_it(blind: Any) -> None:
    blind()
    adler = factories.adler()
    proposal = orders.start(adler, "tramadol")
    assert proposal.review.is_unchecked
    with pytest.raises(NothingChecked):
        prescribing.sign(adler, proposal.change.pk)
    assert DosageChange.objects.get(pk=proposal.change.pk).status == "proposed"
    assert AuditEntry.objects.get(act="sign_refused").detail["unchecked"] is True
    prescribing.sign(adler, proposal.change.pk, unchecked=True)
    signed = DosageChange.objects.get(pk=proposal.change.pk)
    assert (signed.status, signed.signed_unchecked) == ("signed", True)
    assert AuditEntry.objects.get(act="sign").detail["unchecked"] is True


def test_an_order_that_was_checked_keeps_no_word_even_where_somebody_says_it() -> None:
    adler = factories.adler()
    proposal = orders.start(adler, "sertraline")
    assert not proposal.review.is_unchecked
    signed = prescribing.sign(adler, proposal.change.pk, unchecked=True)
    assert not signed.signed_unchecked
    assert "unchecked" not in AuditEntry.objects.get(act="sign").detail


def test_what_was_checked_when_it_was_proposed_and_not_at_the_signature_needs_the_word() -> None:
    adler = factories.adler()
    proposal = orders.start(adler, "sertraline")
    nothing_in_use()
    with pytest.raises(NothingChecked):
        prescribing.sign(adler, proposal.change.pk)


def test_the_api_refuses_with_its_own_problem_and_takes_the_word() -> None:
    nothing_in_use()
    adler = factories.adler()
    number, api = orders.start(adler, "tramadol").change.pk, Api(adler)
    assert done(api.get(f"proposals/{number}/"))["is_unchecked"] is True
    problem(api.post(f"proposals/{number}/sign/", {}), 409, "nothing-was-checked")
    problem(api.post(f"proposals/{number}/sign/", {"unchecked": False}), 409, "nothing-was-checked")
    assert done(api.post(f"proposals/{number}/sign/", {"unchecked": True}))["signed_unchecked"] is True


def test_the_page_asks_with_a_tick_of_its_own_and_only_then(client: Any) -> None:
    adler = factories.adler()
    client.force_login(adler, backend="django.contrib.auth.backends.ModelBackend")
    checked = orders.start(adler, "sertraline").change.pk
    assert 'name="unchecked"' not in client.get(f"/changes/{checked}/").content.decode()
    nothing_in_use()
    number = orders.start(adler, "tramadol").change.pk
    assert 'name="unchecked"' in client.get(f"/changes/{number}/").content.decode()
    refused = client.post(f"/changes/{number}/sign/")
    assert refused.status_code == 409
    assert "Nothing was checked" in refused.content.decode()
    assert client.post(f"/changes/{number}/sign/", {"unchecked": "on"}).status_code == 302
    assert "unchecked" in client.get(f"/changes/{number}/").content.decode()
