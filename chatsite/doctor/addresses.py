"""Whether the settings that name addresses, proxies and rights fit together."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.utils.translation import gettext as _

from chatsite.doctor import Check, Finding, look, ok, wrong
from chatsite.environment import LOOPBACK_HOSTS, hosts


def proxies() -> Iterator[Finding]:
    if settings.HTTPS and not settings.TRUSTED_PROXIES:
        yield wrong(
            _("SITE_URL is https, and no proxy is trusted: forms are refused, and everybody has the proxy's address."),
            _("This program speaks plain http: put nginx with TLS in front, and set TRUSTED_PROXIES=1."),
        )
    elif settings.TRUSTED_PROXIES and settings.BIND not in LOOPBACK_HOSTS:
        yield look(
            _("BIND=%(bind)s is open to others, who can pass the proxy by and forge their address.")
            % {"bind": settings.BIND},
            _("Set BIND=127.0.0.1 if the proxy runs on this machine; else let the firewall admit the proxy only."),
        )
    else:
        yield ok(_("TRUSTED_PROXIES=%(count)s fits SITE_URL and BIND.") % {"count": settings.TRUSTED_PROXIES})


def names() -> Iterator[Finding]:
    local = all(host in LOOPBACK_HOSTS for host in hosts(settings.SITE_URLS))
    if local and settings.BIND not in LOOPBACK_HOSTS:
        yield wrong(
            _("BIND lets others in, but the site answers under %(url)s only.") % {"url": settings.SITE_URL},
            _("Set SITE_URL to the address that people type, such as http://192.168.1.5:8000."),
        )
    elif local and not settings.TRUSTED_PROXIES and (urlsplit(settings.SITE_URL).port or 80) != settings.PORT:
        yield wrong(
            _("SITE_URL is %(url)s, and the server listens on port %(port)s.")
            % {"url": settings.SITE_URL, "port": settings.PORT},
            _("Give both the same port, or leave SITE_URL unset."),
        )
    else:
        yield ok(_("The site is at %(urls)s.") % {"urls": ", ".join(settings.SITE_URLS)})


def rights() -> Iterator[Finding]:
    if settings.POST_RATE is None:
        yield look(_("POST_RATE=0: nothing limits how fast somebody writes."), _("Unset it; it is for benchmarks."))
    wide = [str(network) for network in settings.METRICS_ALLOW if network.prefixlen == 0]
    if wide:
        yield look(_("METRICS_ALLOW opens /metrics to everybody."), _("Name the address of your Prometheus."))


def django_itself() -> Iterator[Finding]:
    """Django's own list, ours from chatsite/checks.py included."""
    found = [one for one in checks.run_checks(include_deployment_checks=settings.REACHABLE) if not one.is_silenced()]
    for one in found:
        say = wrong if one.is_serious() else look
        yield say(f"{one.msg} ({one.id})", one.hint or "")
    if not found:
        yield ok(_("Django's checks find nothing."))


CHECKS: tuple[Check, ...] = (proxies, names, rights, django_itself)
