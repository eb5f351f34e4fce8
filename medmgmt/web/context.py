"""What every page knows: the site's name and whether this is the demo."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    """Template context shared by all pages."""
    return {"site_name": settings.SITE_NAME, "demo": not settings.PRODUCTION}
