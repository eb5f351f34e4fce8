"""The site as it is served, with the empty view added to its map: python -m tests.bench.wsgi PORT."""

import os
import sys

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from medmgmt.management import serving

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
settings.ROOT_URLCONF = "tests.bench.urls"
application = get_wsgi_application()

if __name__ == "__main__":
    serving.run(application, serving.listen("127.0.0.1", int(sys.argv[1])))
