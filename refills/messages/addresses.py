"""Addresses as channels want them, or a sentence that says what is wrong.

Pure: standard library only.
"""

import re

PHONE = re.compile(r"\+[1-9]\d{7,14}", re.ASCII)
BETWEEN = re.compile(r"[\s().\-/\u00a0]+")
PART = r"[^@\s,;<>\"\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+"
EMAIL = re.compile(rf"{PART}@{PART}\.{PART}")
FOREIGN_EXIT = "00"


def normal(channel: str, address: str) -> str:
    """The address without blanks and punctuation of phone numbers; blank for what is no address of this channel.

    A phone number needs its country: +1 415 555 0100 is one, 415 555 0100 is not, for nobody can know its country.
    """
    written = address.strip()
    if channel == "email":
        return written if EMAIL.fullmatch(written) and len(written) <= 254 else ""
    digits = BETWEEN.sub("", written)
    if digits.startswith(FOREIGN_EXIT):
        digits = f"+{digits.removeprefix(FOREIGN_EXIT)}"
    return digits if PHONE.fullmatch(digits) else ""
