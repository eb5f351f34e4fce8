"""The site as it is served, with the empty view added to its map."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
settings.ROOT_URLCONF = "tests.bench.urls"
application = get_wsgi_application()
