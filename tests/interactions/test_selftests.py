"""The selftest of a site: which knowledge is asked, what is kept of it, and when what is in use is untested."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from interactions import releases, selftests
from interactions.errors import NothingToTest
from interactions.local import curation
from interactions.models import LocalChange, Release, SelftestRun, SelftestScope
from tests import factories
from tests.interactions import shipped


def shouts() -> None:
    """A local rule that makes valproate with amoxicillin major: a case of the suite that must stay silent."""
    change = LocalChange.objects.create(
        a="valproate", b="amoxicillin", adds_rule=True, severity="major", problem="exposure_increase",
        reason="A mistake.", valid_from=shipped.DAY, cases=[], author=factories.pia(),
        proposed_at="2026-06-01T00:00:00Z",
    )  # fmt: skip
    curation.approve(change.pk, factories.adler().pk)


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_a_run_is_kept_with_what_was_asked_and_what_came_of_it() -> None:
    run = selftests.keep(selftests.tried("in_use"), by_id=None)
    assert (run.found, run.nuisances, run.failures) == (run.to_find, 0, [])
    assert run.to_find >= 190
    assert run.to_stay_silent >= 180
    assert [one["source"] for one in run.releases] == ["medmgmt"]
    assert sum(line["to_find"] for line in run.categories) == run.to_find
    assert selftests.newest_in_use() == run


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_knowledge_that_changed_since_has_not_been_tested() -> None:
    assert selftests.newest_in_use() is None
    selftests.keep(selftests.tried("shipped"), by_id=None)
    assert selftests.newest_in_use() is None
    selftests.keep(selftests.tried("in_use"), by_id=None)
    assert selftests.newest_in_use() is not None
    shouts()
    assert selftests.newest_in_use() is None


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_a_local_rule_that_is_a_nuisance_is_found_while_the_shipped_rules_alone_pass() -> None:
    shouts()
    here, alone = selftests.tried("in_use"), selftests.tried("shipped")
    assert {release.source for release in here.releases} > {release.source for release in alone.releases}
    assert here.failures
    assert not alone.failures
    run = selftests.keep(here, by_id=factories.pia().pk)
    assert (run.found, run.nuisances) == (run.to_find, 1)
    assert all(one["why"] and one["case"] and one["category"] for one in run.failures)
    assert [(one["case"], one["is_nuisance"]) for one in run.failures] == [("INT-S09", True)]


@pytest.mark.django_db
def test_without_rules_in_use_there_is_nothing_to_test() -> None:
    for scope in SelftestScope.values:
        with pytest.raises(NothingToTest):
            selftests.tried(scope)
    with pytest.raises(CommandError, match="nothing to test"):
        call_command("selftest")


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_the_command_keeps_its_run_and_tells_the_rates() -> None:
    told = io.StringIO()
    call_command("selftest", stdout=told)
    call_command("selftest", shipped=True, stdout=told)
    assert [run.scope for run in SelftestRun.objects.order_by("id")] == ["in_use", "shipped"]
    assert "100 %" in told.getvalue()


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_a_run_is_never_edited_or_deleted() -> None:
    run = selftests.keep(selftests.tried("in_use"), by_id=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        SelftestRun.objects.filter(pk=run.pk).update(found=0)
    with pytest.raises(IntegrityError), transaction.atomic():
        run.delete()


def test_the_same_releases_have_one_mark_in_any_order() -> None:
    one, other = Release(sha256="a" * 64), Release(sha256="b" * 64)
    assert selftests.mark([one, other]) == selftests.mark([other, one]) != selftests.mark([one])
    assert releases.in_order(one) != ()
