"""Words that nobody reads in the database: sealed with the site's own key and a name that only their owner holds."""

import base64

from cryptography.fernet import Fernet, InvalidToken
from django.utils.crypto import salted_hmac

SALT = "medmgmt.record.sealed"


def seal(words: str, *names: object) -> str:
    """The words, encrypted (AES-128-CBC with HMAC-SHA256) under settings.SECRET_KEY and the names together."""
    return _lock(names).encrypt(words.encode()).decode()


def unsealed(text: str, *names: object) -> str | None:
    """The words again; None under other names, under another SECRET_KEY, and where nothing was sealed."""
    try:
        return _lock(names).decrypt(text.encode()).decode()
    except InvalidToken:
        return None


def _lock(names: tuple[object, ...]) -> Fernet:
    key = salted_hmac(SALT, "\n".join(map(str, names)), algorithm="sha256").digest()
    return Fernet(base64.urlsafe_b64encode(key))
