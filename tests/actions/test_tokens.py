"""Tokens: made by their owner in person, or on the server with a reason; each ends, and dies with its account."""

import io
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from medmgmt import tasks
from medmgmt.actions import tokens
from medmgmt.record import access, audit, door
from medmgmt.record.door import SESSION, TOKEN, Door
from medmgmt.record.errors import NotAllowed, NotInPerson, Refused, Unproven
from medmgmt.record.models import AuditEntry, Scope, Token, User
from medmgmt.record.tokens import LONGEST, end_all
from tests import factories

pytestmark = pytest.mark.django_db
FINE = {"name": "Lab bridge", "scope": "record", "days": 30}


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("make_token", *arguments, stdout=out)
    return out.getvalue().strip()


def test_of_a_token_only_a_digest_is_kept_and_its_secret_is_told_once() -> None:
    token, secret = tokens.make_token(factories.bo(), **FINE)
    kept = Token.objects.get()
    assert kept == token
    assert len(secret) >= 40
    assert secret not in {str(value) for value in vars(kept).values()}
    assert timedelta(days=29) < kept.expiry - timezone.now() <= timedelta(days=30)
    assert secret not in str(list(AuditEntry.objects.values()))


@pytest.mark.parametrize(
    "wrong", [{"days": 0}, {"days": 91}, {"days": -5}, {"scope": "everything"}, {"scope": ""}, {"name": " "},
              {"name": "x" * 61}],
)  # fmt: skip
def test_what_no_token_is(wrong: dict[str, object]) -> None:
    with pytest.raises(Refused):
        tokens.make_token(factories.bo(), **{**FINE, **wrong})
    assert not Token.objects.exists()


def test_the_longest_token_lasts_ninety_days() -> None:
    token, _secret = tokens.make_token(factories.bo(), **{**FINE, "days": LONGEST.days})
    assert timedelta(days=90) == LONGEST
    assert token.expiry - timezone.now() <= timedelta(days=90)


def test_a_token_makes_no_token_and_an_old_proof_neither() -> None:
    for way, error in (
        (Door(TOKEN, scope=frozenset(Scope.values), proven_at=timezone.now()), NotInPerson),
        (Door(SESSION, proven_at=timezone.now() - timedelta(hours=2)), Unproven),
        (Door(SESSION), Unproven),
    ):
        with door.opened(way), pytest.raises(error):
            tokens.make_token(factories.bo(), **FINE)
    assert not Token.objects.exists()
    with door.opened(Door(SESSION, proven_at=timezone.now())):
        tokens.make_token(factories.bo(), **FINE)
    assert Token.objects.count() == 1


def test_a_patient_makes_none() -> None:
    with pytest.raises(NotAllowed):
        tokens.make_token(factories.carla_user(), **FINE)


def test_two_tokens_of_one_person_have_two_names_until_one_is_revoked() -> None:
    bo = factories.bo()
    first, _secret = tokens.make_token(bo, **FINE)
    with pytest.raises(Refused):
        tokens.make_token(bo, **{**FINE, "name": " Lab   bridge "})
    tokens.make_token(factories.adler(), **FINE)
    tokens.revoke_token(bo, first.pk)
    tokens.make_token(bo, **FINE)


def test_twenty_tokens_are_enough() -> None:
    bo = factories.bo()
    for number in range(20):
        tokens.make_token(bo, **{**FINE, "name": str(number)})
    with pytest.raises(Refused):
        tokens.make_token(bo, **FINE)
    tokens.revoke_token(bo, Token.objects.earliest("pk").pk)
    tokens.make_token(bo, **FINE)


def test_the_command_makes_a_token_with_a_reason_and_the_trail_keeps_it() -> None:
    bo = factories.bo()
    secret = printed("bo", "--name", "Lab bridge", "--scope", "record", "--days", "7", "--reason", "Nightly results")
    entry = AuditEntry.objects.get()
    assert (entry.chain, entry.act, entry.actor_name) == (audit.SITE, "make_token", "the command line")
    assert (entry.object_type, entry.object_id) == ("token", str(Token.objects.get().pk))
    assert entry.detail == {"scope": "record", "days": 7, "user": bo.pk}
    assert entry.why == "Nightly results"
    assert secret not in str(entry.detail)


def test_the_command_makes_none_for_strangers_patients_the_inactive_without_reason_or_for_ever() -> None:
    factories.bo(), factories.carla_user()
    User.objects.filter(pk=factories.pia().pk).update(is_active=False)
    said = ["--name", "n", "--reason", "r"]
    for arguments in (
        ["nobody", *said], ["pia", *said], ["carla", *said], ["bo", *said, "--days", "0"],
        ["bo", *said, "--days", "91"], ["bo", "--name", "n", "--reason", " "], ["bo", "--name", "n"],
        ["bo", *said, "--scope", "all"],
    ):  # fmt: skip
        with pytest.raises(CommandError):
            printed(*arguments)
    assert not Token.objects.exists()


def test_the_clock_ends_what_is_over_and_what_belongs_to_a_closed_account() -> None:
    bo, pia = factories.bo(), factories.pia()
    names = {}
    for by, days in ((bo, 1), (bo, 9), (pia, 9)):
        token, _secret = tokens.make_token(by, name=f"{days}", scope="read", days=days)
        names[token.pk] = f"{by.username} {days}"
    User.objects.filter(pk=pia.pk).update(is_active=False)
    with time_machine.travel(timezone.now() + timedelta(days=2), tick=False):
        tasks.clear_out()
    assert [names[one.pk] for one in Token.objects.filter(revoked_at=None)] == ["bo 9"]


def test_after_a_reset_none_of_a_persons_tokens_is_left_and_everybody_elses_are() -> None:
    for by in (factories.bo(), factories.pia()):
        tokens.make_token(by, **FINE)
        tokens.make_token(by, **{**FINE, "name": "other"})
    assert end_all(factories.bo().pk) == 2
    assert set(Token.objects.filter(revoked_at=None).values_list("user__username", flat=True)) == {"pia"}


def test_every_act_is_read_record_prescribe_or_in_person_and_only_one_of_them() -> None:
    kinds = [*access.SCOPES.values(), access.IN_PERSON]
    assert set().union(*kinds) == set(access.ACTS)
    assert sum(map(len, kinds)) == len(access.ACTS)
    assert {"cosign", "approve_knowledge", "make_token"} <= access.IN_PERSON
    prescribing = access.SCOPES[Scope.PRESCRIBE]
    assert all(access.ACTS[act] == access.PRESCRIBERS for act in prescribing)
