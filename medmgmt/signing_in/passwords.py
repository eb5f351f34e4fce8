"""What a password must not be, beside too short, too like its owner and on Django's list of 20,000 common ones."""

import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

DEMO = ("medmgmt", "harbor iop", "demo-harbor-iop")
"""What everybody knows who has read the documentation."""


def bare(text: str) -> str:
    """Letters and digits alone, in small letters."""
    return re.sub(r"[\W_]", "", text.casefold())


class NotRepeated:
    """Refuses one piece said over and over, with a mark or two behind it, and rows as on a keyboard: “abcabcabcabc”,
    “passwordpassword1”, “123456789012”."""

    LOOKED_AT = 128
    """Characters; nobody repeats so long a piece, and a longer look would take its time."""

    ROWS = ("01234567890123456789", "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm")

    def validate(self, password: str, user: object = None) -> None:
        small = password.casefold()[: self.LOOKED_AT]
        repeats = re.fullmatch(r"(.{1,6}?)\1+(.{0,5})", small, re.DOTALL)
        is_repeated = repeats is not None and repeats[1].startswith(repeats[2])
        is_repeated = is_repeated or re.fullmatch(r"(.+?)\1+.{0,2}", small, re.DOTALL) is not None
        in_a_row = any(small in row or small in row[::-1] for row in self.ROWS)
        if is_repeated or in_a_row or len(set(small)) < 5:
            raise ValidationError(self.get_help_text(), code="password_repeats")

    def get_help_text(self) -> str:
        return _("Not one piece over and over, and not a row of the keyboard.")


class NotOfThisSite:
    """Refuses the name of the site or of the demo, alone or with little around it."""

    def validate(self, password: str, user: object = None) -> None:
        said = bare(password)
        for name in {bare(each) for each in (settings.SITE_NAME, *DEMO)} - {""}:
            if name in said and len(said) - len(name) < 8:
                raise ValidationError(self.get_help_text(), code="password_of_the_site")

    def get_help_text(self) -> str:
        return _("Not the name of this site with little around it.")
