"""Closing an account: a patient their own by session, an administrator or the privacy officer for one who asks."""

from typing import Any

from django.contrib.auth import logout
from django.http import HttpRequest
from rest_framework import serializers

from medmgmt.actions import closing
from medmgmt.api.account import in_person
from medmgmt.api.kit.endpoint import at, writes
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.shapes import BodyOfAct
from medmgmt.api.staff import StaffChangeLine
from medmgmt.record.models import StaffChange, User


class ClosingWish(Strict):
    """Why, if one likes to say."""

    why = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class ClosingAsked(BodyOfAct):
    """Whose account, by record number, and how the patient asked for it."""

    asks = closing.close_account


def close_own(by: User, request: HttpRequest, said: dict[str, Any]) -> StaffChange:
    """Closes your own account and ends your sessions; the record stays. Needs a fresh proof."""
    made = closing.close_own_account(by, why=said.get("why", ""))
    logout(request)
    return made


# fmt: off
ADDRESSES = [
    at("me/close", "close-own-account", post=in_person(StaffChangeLine, close_own, ClosingWish)),
    at("accounts/close", "close-account",
       post=writes(StaffChangeLine, closing.close_account,
            "Close a patient's account at their wish: sign-in, sessions, devices, links and messages end, the record"
            " stays.", takes=ClosingAsked, refuses=("refused", "conflict", "not-in-person", "confirm-identity"))),
]
# fmt: on
