"""Which passwords are refused, and that a harmless one is not."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaa", "abcabcabcabc", "ABCabcABCabc", "abcabcabcabca", "passwordpassword", "passwordpassword1!",
        "123456789012", "qwertyuiopas",
        "zyxwvutsrqponm", "harboriop123", "Harbor-IOP-2026", "demo-harbor-iop", "medmgmt12345",
        "xy xy xy xy xy", "1q2w3e4r5t6y",
    ],
)  # fmt: skip
def test_what_everybody_guesses_first_is_refused(password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password)


@pytest.mark.parametrize(
    "password",
    [
        "kettle-marsh-violin-9",
        "Seven brown herons sleep",
        "abcabc-kettle-marsh",
        "kettle marsh kettle violin",
        "rot grün blau gelb",
    ],
)
def test_words_of_ones_own_are_taken(password: str) -> None:
    validate_password(password)
