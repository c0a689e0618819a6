"""What a WSGI server serves: the same pages, for those who keep them apart from the sockets."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from chat import metrics

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
application = get_wsgi_application()
metrics.publish(settings.DATA_DIR / "metrics")
