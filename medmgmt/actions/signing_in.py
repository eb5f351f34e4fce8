"""Signing in and out, second factors, PIN, password, sessions and devices: what each person does with their own."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import check_password, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from fido2.server import Fido2Server

from medmgmt.record import audit, door
from medmgmt.record.errors import AccountClosed, Conflict, NoSuchThing, Refused, TooSoon, WrongProof
from medmgmt.record.models import (
    FactorKind,
    OpenSession,
    QuickPin,
    Role,
    SecondFactor,
    StaffChangeKind,
    StaffChangeState,
    User,
)
from medmgmt.signing_in import factors, passkeys, places, sessions, slowing
from medmgmt.signing_in.places import Place
from medmgmt.signing_in.slowing import Counter

PIN_TRIES = 3
STRANGER = "somebody unknown"

# -- coming in --------------------------------------------------------------------------------------------------------


def password(name: str, typed: str, *, place: Place, code: str = "") -> User:
    """Whose name and password these are. WrongProof where they do not belong together, TooSoon after too many slips.

    `code` is a second factor shown first: somebody whom strangers have slowed gets in with it. AccountClosed for the
    right password of an account that was closed at its owner's wish; every other login out of use sounds like none.
    """
    named = User.objects.filter(username=name).first()
    user = named if named is not None and named.is_active else None
    proven = bool(code) and user is not None and shown_first(user, code, place)
    known = sessions.known(user, place)
    counters = slowing.for_password(name, place, known_device=known is not None, proven=proven)
    slowing.take(counters)
    if named is not None and user is None and is_closed(named, typed):
        slowing.forgive(counters)
        audit.record(named, "sign_in_closed", patient_id=named.patient_id, obj=("login", named.pk))
        raise AccountClosed
    found = authenticate(None, username=name, password=typed) if user is named else None
    if not isinstance(found, User):
        failed("sign_in_failed", user, name, counters)
        raise wrong(counters)
    slowing.forgive(counters)
    return found


def is_closed(user: User, typed: str) -> bool:
    """Whether this is the password of an account that was closed at its owner's wish; a wrong one takes as long as for
    anybody else, so that nobody learns from it that there was an account."""
    if not user.check_password(typed):
        return False
    last = user.staff_changes.filter(state=StaffChangeState.CONFIRMED).order_by("-id").first()
    return last is not None and last.kind == StaffChangeKind.CLOSED


def wrong(counters: list[Counter]) -> WrongProof | TooSoon:
    """What is said of a wrong attempt: with how long to wait, where it was one too many."""
    wait = slowing.left(counters)
    return TooSoon(wait) if wait.total_seconds() > 0 else WrongProof()


def shown_first(user: User, code: str, place: Place) -> bool:
    """Whether a code proves this person before the password is looked at; its slips are counted by themselves.

    Only where they were made: else strangers could use up this way in as well.
    """
    counters = slowing.for_code(f"first:{user.pk}", place)[:1]
    slowing.take(counters)
    try:
        factors.use_code(user, code)
    except WrongProof:
        return False
    slowing.forgive(counters)
    return True


def prove(user: User, place: Place, proof: Callable[[], object], *, act: str = "second_factor_failed") -> None:
    """Tries a proof of this person, and counts it; WrongProof and TooSoon are raised on."""
    counters = slowing.for_code(user.pk, place)
    slowing.take(counters)
    try:
        proof()
    except WrongProof as unfit:
        failed(act, user, user.get_username(), counters)
        raise wrong(counters) from unfit
    slowing.forgive(counters)


def by_code(user: User, code: str, *, place: Place) -> None:
    """A code of this person's app, or a recovery code, which is used up."""
    prove(user, place, lambda: factors.use_code(user, code))


def by_passkey(asker: Fido2Server, state: Any, answer: str, *, place: Place, user: User | None = None) -> User:
    """Whose passkey has answered; with `user` it must be theirs.

    A passkey is not guessed, so nobody ever waits for its sake; what is slowed are the rows that wrong ones leave.
    """
    try:
        return passkeys.use(asker, state, answer, user).user
    except WrongProof:
        counters = [slowing.counter("passkey", places.counted_as(place.address), free=settings.LOGIN_ATTEMPTS)]
        with suppress(TooSoon):
            slowing.take(counters)
            failed("passkey_failed", user, "" if user is None else user.get_username(), counters)
        raise


def again(user: User, typed: str, *, place: Place) -> None:
    """The person who is signed in types their own password once more."""

    def proof() -> None:
        if not user.check_password(typed):
            raise WrongProof

    prove(user, place, proof, act="confirmation_failed")


def failed(act: str, user: User | None, name: str, counters: list[Counter]) -> None:
    """A wrong proof leaves a row. What was typed as name may be a password: only its keyed digest is kept."""
    wait = int(slowing.left(counters).total_seconds())
    digest = salted_hmac("medmgmt.name", name.casefold(), algorithm="sha256").hexdigest()[:16]
    detail = {"name": digest, "slowed_seconds": max(0, wait)}
    audit.record(None, act, obj=user, detail=detail, actor_name=STRANGER)
    if wait > 0:
        audit.record(None, "sign_in_slowed", obj=user, detail=detail, actor_name=STRANGER)


def needs_second(user: User, place: Place) -> bool:
    """Whether a second factor is asked for after the password: where there is one, unless the device is trusted."""
    return factors.has_one(user) and not sessions.is_trusted(sessions.known(user, place))


def must_enrol(user: User) -> bool:
    """Whether nothing opens before this person has a second factor."""
    return settings.SECOND_FACTOR == "required" and user.role != Role.PATIENT and not factors.has_one(user)


@transaction.atomic
def came_in(
    user: User, session_key: str, *, place: Place, by: str, trust: bool = False, instead_of: int | None = None
) -> OpenSession:
    """Somebody is signed in now; `by` says how: password, code, passkey, enrolment, trusted device.

    `instead_of` is the locked session of theirs that goes on in this one.
    """
    device = sessions.remember(user, place, trust=trust)
    OpenSession.objects.filter(pk=instead_of or 0, user=user, ended_at=None).update(ended_at=timezone.now())
    entry = sessions.begin(user, session_key, place)
    audit.record(user, "sign_in", obj=entry, detail={"by": by, "device": device.pk, "trusted": trust})
    return entry


def was_locked(user: User, entry_id: int) -> None:
    """A session rests and asks for its PIN or passkey before it goes on."""
    audit.record(user, "lock_session", obj=("record.opensession", entry_id))


def may_go_on_quickly(user: User) -> bool:
    """Whether somebody has a PIN or a passkey to go on with after a pause. Two queries at most."""
    return QuickPin.objects.filter(user=user).exists() or factors.of(user).filter(kind=FactorKind.PASSKEY).exists()


@transaction.atomic
def went_out(user: User, entry_id: int | None, *, act: str = "sign_out") -> None:
    """Somebody signed out, or the time of their session was over."""
    OpenSession.objects.filter(pk=entry_id or 0, user=user, ended_at=None).update(ended_at=timezone.now())
    audit.record(user, act, obj=("record.opensession", entry_id or ""))


# -- second factors ---------------------------------------------------------------------------------------------------


@transaction.atomic
def enrol_app(user: User, secret: str, code: str) -> list[str]:
    """An app shows codes from now on; recovery codes where there were none, else none. WrongProof for a wrong code."""
    locked(user)
    step = factors.step_of(secret, code)
    if step is None:
        raise WrongProof
    factors.of(user).filter(kind=FactorKind.TOTP).update(ended_at=timezone.now())
    made = SecondFactor.objects.create(user=user, kind=FactorKind.TOTP, secret=factors.sealed(secret), counter=step)
    audit.record(user, "enrol_second_factor", obj=made, detail={"kind": made.kind})
    return first_recovery_codes(user)


@transaction.atomic
def enrol_passkey(user: User, asker: Fido2Server, state: Any, answer: str, *, label: str) -> list[str]:
    """A passkey is kept; recovery codes where there were none, else none."""
    locked(user)
    made = passkeys.keep_new(asker, user, state, answer, label[:60])
    audit.record(user, "enrol_second_factor", obj=made, detail={"kind": made.kind})
    return first_recovery_codes(user)


def first_recovery_codes(user: User) -> list[str]:
    has_some = factors.of(user).filter(kind=FactorKind.RECOVERY).exists()
    return [] if has_some else recovery_codes(user)


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten new recovery codes, shown once; those before them end. Needs a fresh proof."""
    door.require_fresh()
    locked(user)
    if not factors.has_one(user):
        raise Refused(_("Set up an app or a passkey first; recovery codes stand in for it."))
    return recovery_codes(user)


def recovery_codes(user: User) -> list[str]:
    codes = factors.new_recovery_codes(user)
    audit.record(user, "make_recovery_codes", obj=user, detail={"count": len(codes)})
    return codes


@transaction.atomic
def remove_factor(user: User, factor_id: int) -> SecondFactor:
    """A second factor of one's own ends. Needs a fresh proof; the last one stays where one is required."""
    door.require_fresh()
    locked(user)
    mine = factors.of(user).exclude(kind=FactorKind.RECOVERY)
    found = mine.filter(pk=factor_id).first()
    if found is None:
        raise NoSuchThing
    is_last = mine.count() == 1
    if is_last and settings.SECOND_FACTOR == "required" and user.role != Role.PATIENT:
        raise Refused(_("This is your only second factor, and you need one here. Set up another, then remove this."))
    found.ended_at = timezone.now()
    found.save(update_fields=["ended_at"])
    if is_last:
        factors.of(user).update(ended_at=timezone.now())
    audit.record(user, "remove_second_factor", obj=found, detail={"kind": found.kind})
    return found


@transaction.atomic
def end_factors_of(username: str, *, reason: str) -> int:
    """On the server, for somebody who has lost them all: the next sign-in sets up a new one. How many have ended.

    Sessions and tokens end as well: whoever has the lost phone may have those too.
    """
    user = User.objects.select_for_update().filter(username=username).first()
    if user is None:
        raise Refused(_("Nobody here has that name."))
    if not reason.strip():
        raise Refused(_("Say why."))
    ended = factors.of(user).update(ended_at=timezone.now())
    sessions.end_all(user)
    audit.record(
        None, "end_second_factors", obj=user, why=reason, detail={"ended": ended}, actor_name="the command line"
    )
    return ended


# -- password, PIN, sessions, devices ---------------------------------------------------------------------------------


def change_password(user: User, *, old: str, new: str, place: Place, entry_id: int | None = None) -> User:
    """A new password of one's own: all other sessions, all tokens and the trust in devices end with the old one.

    WrongProof or TooSoon for the old one, Django's ValidationError for a new one that is none.
    """
    again(user, old, place=place)
    if old == new:
        raise ValidationError(_("The new password is the old one."))
    validate_password(new, user)
    with transaction.atomic():
        mine = locked(user)
        if not mine.check_password(old):
            raise Conflict
        mine.set_password(new)
        mine.save(update_fields=["password"])
        ended, tokens = sessions.end_all(mine, but=entry_id)
        audit.record(user, "change_password", obj=user, detail={"sessions_ended": ended, "tokens_ended": tokens})
    return mine


@transaction.atomic
def set_pin(user: User, pin: str) -> QuickPin:
    """A PIN of four to eight digits for going on after a pause. Needs a fresh proof."""
    door.require_fresh()
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise Refused(_("A PIN has four to eight digits."))
    is_row = pin in "01234567890123456789" or pin in "98765432109876543210"
    if len(set(pin)) < 3 or is_row:
        raise Refused(_("That PIN is too easy to guess: not one digit over and over, not a row such as 1234."))
    made, _is_new = QuickPin.objects.update_or_create(
        user=user, defaults={"digest": make_password(pin), "set_at": timezone.now()}
    )
    audit.record(user, "set_pin", obj=made)
    return made


@transaction.atomic
def remove_pin(user: User) -> None:
    """No PIN from now on; nothing happens where there was none."""
    if QuickPin.objects.filter(user=user).delete()[0]:
        audit.record(user, "remove_pin", obj=user)


def pin_counters(entry_id: int) -> list[Counter]:
    """A session's own: so many tries, then only signing in whole helps."""
    return [slowing.counter("pin", entry_id, free=PIN_TRIES)]


def by_pin(user: User, pin: str, *, entry_id: int) -> None:
    """The person whose session is locked goes on. WrongProof, and TooSoon from the last try on."""
    counters = pin_counters(entry_id)
    slowing.take(counters)
    kept = QuickPin.objects.filter(user=user).first()
    if kept is None or not check_password(pin, kept.digest):
        failed("pin_failed", user, user.get_username(), counters)
        raise wrong(counters)
    slowing.forgive(counters)
    audit.record(user, "unlock_session", obj=("record.opensession", entry_id), detail={"by": "pin"})


@transaction.atomic
def end_other_sessions(user: User, *, entry_id: int | None) -> int:
    """Ends every session of one's own but this one; how many."""
    locked(user)
    others = OpenSession.objects.filter(user=user, ended_at=None).exclude(pk=entry_id or 0)
    ended = sessions.end(others)
    audit.record(user, "end_sessions", obj=user, detail={"ended": ended})
    return ended


@transaction.atomic
def end_session(user: User, session_id: int) -> None:
    """Ends one session of one's own."""
    locked(user)
    mine = OpenSession.objects.filter(user=user, ended_at=None, pk=session_id)
    if not mine.exists():
        raise NoSuchThing
    sessions.end(mine)
    audit.record(user, "end_sessions", obj=("record.opensession", session_id), detail={"ended": 1})


@transaction.atomic
def forget_device(user: User, device_id: int) -> None:
    """A device of one's own is as new: it asks for everything again."""
    locked(user)
    found = sessions.devices_of(user).filter(pk=device_id).first()
    if found is None:
        raise NoSuchThing
    found.ended_at, found.trusted_until = timezone.now(), None
    found.save(update_fields=["ended_at", "trusted_until"])
    audit.record(user, "forget_device", obj=found)


def locked(user: User) -> User:
    """The person's own row until the transaction ends."""
    return User.objects.select_for_update().get(pk=user.pk)
