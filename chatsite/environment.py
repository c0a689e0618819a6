"""Reads settings from the environment; a wrong value stops the start with the variable's name."""

import ipaddress
import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import SplitResult, parse_qs, parse_qsl, unquote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

LOOPBACK_NETWORKS = ("127.0.0.0/8", "::1/128")
LOOPBACK_HOSTS = {"localhost", "127.0.0.1", "::1", "[::1]"}

# Seconds for a connection to be had; a lost one is asked for again every other second however long the database is
# away: the pool's own pauses would double until they are minutes.
POOL = {"min_size": 1, "timeout": 5, "reconnect_timeout": 2}
POOL_SIZE, ALL_POOLS, LEAST_POOL = 20, 80, 4  # PostgreSQL as it comes admits 100
# A process that hangs with a lock keeps the others waiting no longer than this.
POSTGRES_BOUNDS = "-c lock_timeout=10s -c statement_timeout=30s -c idle_in_transaction_session_timeout=30s"


def read(name: str, default: str, parse: Callable[[str], T]) -> T:
    """The parsed value of one variable; an empty one counts as unset. Raises ImproperlyConfigured naming it."""
    raw = os.environ.get(name, "").strip() or default
    try:
        return parse(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from error


def text(raw: str) -> str:
    return raw


def flag(raw: str) -> bool:
    if raw not in {"0", "1"}:
        raise ValueError(f"expected 0 or 1, not {raw!r}")
    return raw == "1"


def integer(low: int, high: int) -> Callable[[str], int]:
    def parse(raw: str) -> int:
        if not raw.isascii() or not raw.isdigit() or not low <= int(raw) <= high:
            raise ValueError(f"expected a whole number from {low} to {high}, not {raw!r}")
        return int(raw)

    return parse


def choice(*allowed: str) -> Callable[[str], str]:
    def parse(raw: str) -> str:
        if raw not in allowed:
            raise ValueError(f"expected one of {', '.join(allowed)}, not {raw!r}")
        return raw

    return parse


def origins(raw: str) -> list[str]:
    """Comma-separated public origins, `scheme://host[:port]`, in the form browsers send them."""
    return [_origin(part.strip()) for part in raw.split(",")]


def _origin(raw: str) -> str:
    parts = urlsplit(raw)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path not in {"", "/"} or parts.query:
        raise ValueError(f"expected origins such as https://chat.example.org, not {raw!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = parts.port  # raises ValueError itself when it is no port
    usual = {"http": 80, "https": 443}[parts.scheme]
    return f"{parts.scheme}://{host}" + (f":{port}" if port and port != usual else "")


def provider_url(raw: str) -> str:
    """The address of a sign-in provider, without its /.well-known/ part; secrets travel to it, so https but at home."""
    parts = urlsplit(raw.partition("/.well-known/")[0].rstrip("/"))
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS)
    if not is_safe or not parts.hostname or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"expected an address such as https://login.example.org/realms/staff, not {raw!r}")
    return parts.geturl()


def hosts(site_urls: Sequence[str]) -> list[str]:
    return [str(urlsplit(origin).hostname) for origin in site_urls]


def reachable(bind: str, site_urls: Sequence[str]) -> bool:
    """Whether somebody on another machine can reach the site."""
    return bind not in LOOPBACK_HOSTS or any(host not in LOOPBACK_HOSTS for host in hosts(site_urls))


def rate(raw: str) -> tuple[int, float] | None:
    """`burst,refill per second`; `0` means no limit."""
    if raw == "0":
        return None
    burst, _, refill = raw.partition(",")
    try:
        pair = int(burst), float(refill)
    except ValueError:
        raise ValueError(f"expected burst,refill per second such as 20,2, or 0, not {raw!r}") from None
    if pair[0] < 1 or not 0 < pair[1] < 1e6:
        raise ValueError(f"expected a burst of at least 1 and a positive refill, not {raw!r}")
    return pair


def networks(raw: str) -> list[Network]:
    """Comma-separated addresses and networks such as 10.0.0.0/8; `loopback` is this machine."""
    found: list[Network] = []
    for part in raw.split(","):
        for text in LOOPBACK_NETWORKS if part.strip() == "loopback" else [part.strip()]:
            try:
                found.append(ipaddress.ip_network(text))
            except ValueError:
                raise ValueError(f"expected addresses such as 10.1.2.3, 10.0.0.0/8 or loopback, not {text!r}") from None
    return found


def redis_urls(raw: str) -> list[str]:
    """Comma-separated. What is wrong is never quoted: it may be a piece of a password."""
    urls = [part.strip() for part in raw.split(",") if part.strip()]
    for url in urls:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss", "unix"} or not _is_place(parts):
            raise ValueError(
                "expected redis://user:password@host:port/number, rediss://… or unix:///path, commas as %2C"
            )
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            _redis_option(name, value, secure=parts.scheme == "rediss")
    return urls


def _is_place(parts: SplitResult) -> bool:
    if parts.scheme == "unix":
        return bool(parts.path)
    number = parts.path.strip("/")
    try:
        return bool(parts.hostname) and parts.port != 0 and (not number or number.isdecimal())
    except ValueError:  # of what stands in the place of the port
        return False


def _redis_option(name: str, value: str, *, secure: bool) -> None:
    """Not redis-py's other ones: how long is waited for an answer is decided where it is asked."""
    known = REDIS_OPTIONS | (TLS_OPTIONS if secure else {})
    if name not in known:
        raise ValueError(f"its options are {', '.join(known)}, not {name}")
    try:
        known[name](value)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def file(raw: str) -> Path:
    path = Path(raw)
    if not path.is_file() or not os.access(path, os.R_OK):
        raise ValueError(f"cannot read the file {path}")
    return path


REDIS_OPTIONS: dict[str, Callable[[str], object]] = {"db": integer(0, 1_000_000)}
TLS_OPTIONS: dict[str, Callable[[str], object]] = {
    **dict.fromkeys(("ssl_ca_certs", "ssl_certfile", "ssl_keyfile"), file),
    "ssl_cert_reqs": choice("required", "none"),
    "ssl_check_hostname": choice("true", "false"),
}


def pool_size(workers: int) -> int:
    """How many connections each of so many processes may have."""
    return max(LEAST_POOL, min(POOL_SIZE, ALL_POOLS // workers))


def database(pool: int) -> Callable[[str], dict[str, Any]]:
    """Django's entry for a `postgres://…` database with so many connections; nothing for nothing."""

    def parse(raw: str) -> dict[str, Any]:
        if not raw:
            return {}
        if urlsplit(raw).scheme not in {"postgres", "postgresql"}:
            raise ValueError("expected postgres://user:password@host:port/name")
        settings: dict[str, Any] = dict(dj_database_url.parse(raw))
        if not settings["NAME"]:
            raise ValueError("names no database")
        options = settings.get("OPTIONS", {})
        bounds = f"{POSTGRES_BOUNDS} {options.get('options', '')}".strip()  # what the URL says comes last, and counts
        options = {"connect_timeout": 5, **options, "options": bounds, "pool": {**POOL, "max_size": pool}}
        # A pooler in between may give the next transaction, and not the cursor, to another connection.
        return settings | {"OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}

    return parse


def sqlite(path: Path) -> dict[str, Any]:
    # FULL keeps an acknowledged commit through a power cut; IMMEDIATE takes the write lock before the first read,
    # since WAL refuses to upgrade a reader that somebody overtook.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;"
    return {
        "ENGINE": "chatsite.sqlite",
        "NAME": str(path),
        "OPTIONS": {"transaction_mode": "IMMEDIATE", "timeout": 10, "init_command": pragmas},
        # A file: threads that share one in-memory database meet locks that the real one does not have.
        "TEST": {"NAME": str(path.with_name("test.sqlite3"))},
    }


def email(raw: str) -> dict[str, Any]:
    """Django's mail settings from `smtp://user:password@host:port?from=address` or `smtps://…`; nothing for nothing."""
    if not raw:
        return {}
    parts = urlsplit(raw)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("expected smtp://user:password@host:port or smtps://…")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if secure else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": not secure and parts.port == 587,
        "DEFAULT_FROM_EMAIL": parse_qs(parts.query).get("from", [f"chatrooms@{parts.hostname}"])[0],
    }


def directory(raw: str) -> Path:
    path = Path(raw).expanduser().absolute()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ValueError(f"cannot make the folder {path}: {error.strerror}") from error
    if not os.access(path, os.W_OK):
        raise ValueError(f"cannot write to the folder {path}")
    return path


def stored_secret(path: Path) -> str:
    """The secret in this file, made once, and whole before anybody finds it; only its owner may read it."""
    if not path.exists():
        unfinished = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
        try:
            with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
                file.flush()
                os.fsync(file.fileno())
            os.link(unfinished, path)
        except FileExistsError:
            pass  # another process made it in the meantime
        finally:
            unfinished.unlink(missing_ok=True)
    return path.read_text().strip()
