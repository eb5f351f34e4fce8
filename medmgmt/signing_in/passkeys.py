"""Passkeys (WebAuthn): what a browser is asked, and what it answers.

A passkey asks its owner for a finger, a face or a PIN, so alone it is two factors. `state` is what the server keeps
between the question and its answer, in the session.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from medmgmt.record.errors import WrongProof
from medmgmt.record.models import FactorKind, SecondFactor, User
from medmgmt.signing_in import factors

MUST_VERIFY = UserVerificationRequirement.REQUIRED
LONGEST = 20_000
"""Characters of an answer; a browser's has some hundreds."""


def server(host: str, site: str) -> Fido2Server:
    """Who asks: the site under the name of its host, without a port."""
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name=site))


def credentials_of(user: User) -> list[AttestedCredentialData]:
    return [public_part(each) for each in factors.of(user).filter(kind=FactorKind.PASSKEY)]


def public_part(factor: SecondFactor) -> AttestedCredentialData:
    return AttestedCredentialData(base64.b64decode(factor.secret))


def ask_for_new(asker: Fido2Server, user: User) -> tuple[dict[str, Any], Any]:
    """What the browser is asked so that a new passkey is made, and the state. The passkey knows no name but its own."""
    handle = salted_hmac("medmgmt.passkey", str(user.pk), algorithm="sha256").digest()
    entity = PublicKeyCredentialUserEntity(id=handle, name=user.get_username(), display_name=user.get_username())
    options, state = asker.register_begin(
        entity,
        credentials_of(user),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=MUST_VERIFY,
    )
    return dict(options), state


def ask(asker: Fido2Server, user: User | None) -> tuple[dict[str, Any], Any]:
    """What the browser is asked so that somebody proves who they are; of nobody in particular where it is not known."""
    options, state = asker.authenticate_begin(
        credentials_of(user) if user is not None else None, user_verification=MUST_VERIFY
    )
    return dict(options), state


def keep_new(asker: Fido2Server, user: User, state: Any, answer: str, label: str) -> SecondFactor:
    """The passkey that a browser made; WrongProof for an answer that is none."""
    try:
        made = asker.register_complete(state, read(answer))
    except (ValueError, TypeError, KeyError, AttributeError) as unfit:
        raise WrongProof from unfit
    public = made.credential_data
    if public is None or SecondFactor.objects.filter(credential=name_of(public.credential_id), ended_at=None).exists():
        raise WrongProof
    return SecondFactor.objects.create(
        user=user,
        kind=FactorKind.PASSKEY,
        label=label,
        credential=name_of(public.credential_id),
        secret=base64.b64encode(public).decode(),
        counter=made.counter,
    )


@transaction.atomic
def use(asker: Fido2Server, state: Any, answer: str, user: User | None = None) -> SecondFactor:
    """The passkey that an answer proves, of this person or of whoever it belongs to; WrongProof for any other.

    A passkey whose count goes back was copied, and proves nothing.
    """
    said = read(answer)
    whose = {"user": user} if user is not None else {"user__is_active": True}
    found = (
        SecondFactor.objects.select_for_update(of=("self",))
        .select_related("user")
        .filter(kind=FactorKind.PASSKEY, ended_at=None, credential=str(said.get("id", ""))[:1400], **whose)
        .first()
    )
    if found is None or not state:
        raise WrongProof
    try:
        asker.authenticate_complete(state, [public_part(found)], said)
        count = AuthenticationResponse.from_dict(said).response.authenticator_data.counter
    except (ValueError, TypeError, KeyError, AttributeError) as unfit:
        raise WrongProof from unfit
    if (count or found.counter) and count <= found.counter:
        raise WrongProof
    found.counter, found.last_used_at = count, timezone.now()
    found.save(update_fields=["counter", "last_used_at"])
    return found


def read(answer: str) -> Mapping[str, Any]:
    """The answer of a browser; WrongProof for text that is none."""
    try:
        said = json.loads(answer[:LONGEST])
    except (ValueError, RecursionError) as unfit:
        raise WrongProof from unfit
    if not isinstance(said, dict):
        raise WrongProof
    return said


def name_of(credential_id: bytes) -> str:
    return str(websafe_encode(credential_id))
