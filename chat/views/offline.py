"""What a browser keeps to start without a network: one page, and the worker that answers with it."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from chat.views.door import door


@door("GET", public=True)
def page(request: HttpRequest) -> HttpResponse:
    """Names what waits to be sent, from the browser's own journal, and goes on by itself."""
    return render(request, "offline.html")


@door("GET", public=True)
def worker(request: HttpRequest) -> HttpResponse:
    """The script carries the hash of the page it keeps: another person, language or release makes it another worker."""
    version = sha256(render_to_string("offline.html", request=request).encode()).hexdigest()[:16]
    return render(request, "worker.js", {"version": version}, content_type="text/javascript")
