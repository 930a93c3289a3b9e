"""WSGI entry: pages and API (served by Granian; live streams are a process of their own)."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
application = get_wsgi_application()
