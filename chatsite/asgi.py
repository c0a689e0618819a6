"""What the ASGI server serves: pages through Django, sockets through Channels."""

import os

from channels.routing import ProtocolTypeRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chatsite.settings")
pages = get_asgi_application()  # before anything that imports models

from django.conf import settings  # noqa: E402

from chat import metrics  # noqa: E402
from chat.routing import websocket  # noqa: E402
from chatsite.turnstile import Turnstile  # noqa: E402

metrics.publish(settings.DATA_DIR / "metrics")
application = ProtocolTypeRouter({"http": Turnstile(pages), "websocket": websocket})
