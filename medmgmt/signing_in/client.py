"""Where the browser is that asks, and the cookie by which it is known again."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from medmgmt.signing_in import places, sessions
from medmgmt.signing_in.places import Place

COOKIE = "device"


def place_of(request: HttpRequest) -> Place:
    """Where it is; of proxies, only those that are trusted are believed."""
    said = request.META
    address = places.client_address(
        said.get("REMOTE_ADDR", ""), said.get("HTTP_X_FORWARDED_FOR", ""), settings.TRUSTED_PROXIES
    )
    device = request.COOKIES.get(COOKIE, "")[:100]
    return Place(address, device, places.in_words(said.get("HTTP_USER_AGENT", "")))


def give_word(response: HttpResponse, word: str) -> None:
    """The browser is known by this word from now on; only the sign-in page hears it."""
    response.set_cookie(
        COOKIE,
        word,
        max_age=sessions.DEVICE_DAYS * 86_400,
        path=settings.LOGIN_URL,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
