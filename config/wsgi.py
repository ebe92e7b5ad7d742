"""The WSGI entry point for gunicorn."""

import os

from django.core.wsgi import get_wsgi_application

from billing.garbage import collect_rarely

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
application = get_wsgi_application()
collect_rarely()
