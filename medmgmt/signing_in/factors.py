"""Second factors: codes from an app, recovery codes, and which of them somebody has.

The key of an app is sealed with a key made of SECRET_KEY: a copy of the database alone signs nobody in. A code is used
once, on whichever process it comes.
"""

import base64
import hashlib
import secrets
from io import BytesIO

import pyotp
import segno
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac

from medmgmt.record.errors import WrongProof
from medmgmt.record.models import FactorKind, SecondFactor, User

STEP, TOLERANCE = 30, 1
"""Seconds of one code (RFC 6238), and how many codes before and after the present one count: a clock may be off."""
RECOVERY_CODES = 10
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""What a recovery code is made of: nothing that looks like something else."""


def of(user: User) -> QuerySet[SecondFactor]:
    """The factors that somebody has now, recovery codes that are left among them."""
    return SecondFactor.objects.filter(user=user, ended_at=None)


def has_one(user: User) -> bool:
    """Whether somebody has a second factor; recovery codes alone are none. One query."""
    return of(user).exclude(kind=FactorKind.RECOVERY).exists()


def new_secret() -> str:
    """A key for an app, 160 random bits."""
    return pyotp.random_base32()


def address_of(user: User, secret: str) -> str:
    """What an app reads from the picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.get_username(), issuer_name=settings.SITE_NAME)


def picture_of(address: str) -> str:
    """The picture of an address as SVG, 4 units a module."""
    drawn = BytesIO()
    segno.make(address, error="m").save(drawn, kind="svg", scale=4, xmldecl=False, svgns=True)
    return drawn.getvalue().decode()


def step_of(secret: str, code: str) -> int | None:
    """The time step whose code this is, near the present one; None for any other text."""
    digits = "".join(code.split())
    now = int(timezone.now().timestamp()) // STEP
    for step in range(now - TOLERANCE, now + TOLERANCE + 1):
        if secrets.compare_digest(pyotp.TOTP(secret).generate_otp(step).encode(), digits.encode()):
            return step
    return None


@transaction.atomic
def use_code(user: User, code: str) -> SecondFactor:
    """The factor that a code proves, an app's or a recovery code; it is used up. WrongProof for any other text."""
    found = used_app(user, code) or used_recovery(user, code)
    if found is None:
        raise WrongProof
    return found


def used_app(user: User, code: str) -> SecondFactor | None:
    """The app whose code this is; its code and all before it are used up."""
    app = of(user).select_for_update().filter(kind=FactorKind.TOTP).first()
    step = None if app is None else step_of(opened(app.secret), code)
    if app is None or step is None or step <= app.counter:
        return None
    app.counter, app.last_used_at = step, timezone.now()
    app.save(update_fields=["counter", "last_used_at"])
    return app


def used_recovery(user: User, code: str) -> SecondFactor | None:
    """The recovery code that this is; it ends."""
    found = of(user).select_for_update().filter(kind=FactorKind.RECOVERY, secret=recovery_digest(user, code)).first()
    if found is not None:
        found.last_used_at = found.ended_at = timezone.now()
        found.save(update_fields=["last_used_at", "ended_at"])
    return found


@transaction.atomic
def new_recovery_codes(user: User) -> list[str]:
    """Ten new codes, to be shown once; those before them end."""
    of(user).filter(kind=FactorKind.RECOVERY).update(ended_at=timezone.now())
    codes = [
        "-".join("".join(secrets.choice(LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(RECOVERY_CODES)
    ]
    SecondFactor.objects.bulk_create(
        SecondFactor(user=user, kind=FactorKind.RECOVERY, secret=recovery_digest(user, code)) for code in codes
    )
    return codes


def letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(count))


def recovery_digest(user: User, code: str) -> str:
    """How a recovery code is kept; 49 random bits need no slow hash behind a key."""
    bare = "".join(code.split()).replace("-", "").casefold()
    return salted_hmac("medmgmt.recovery", f"{user.pk}:{bare}", algorithm="sha256").hexdigest()


def sealed(secret: str) -> str:
    return box().encrypt(secret.encode()).decode()


def opened(text: str) -> str:
    """What was sealed; WrongProof where SECRET_KEY has changed since without SECRET_KEY_FALLBACKS."""
    try:
        return box().decrypt(text.encode()).decode()
    except InvalidToken as unreadable:
        raise WrongProof from unreadable


def box() -> MultiFernet:
    """Seals with the present SECRET_KEY, opens with those before it too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    made = [hashlib.sha256(f"medmgmt second factor {key}".encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in made])
