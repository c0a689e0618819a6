"""Google, GitHub and an OpenID Connect provider in one small server of the tests; it can be told to misbehave."""

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt

from chatsite.testing import provider_keys
from chatsite.testing.provider_keys import KEY_ID

CLIENT_ID, CLIENT_SECRET = "the-site", "the-secret-of-the-site-that-nobody-knows"
PATIENCE = 20.0  # seconds a hanging answer hangs at most
PAGE = """<!doctype html><html lang="en"><title>Provider</title><link rel="icon" href="data:,">
<h1>Sign in at the provider</h1>
<form method="post" action="/decide"><input type="hidden" name="ticket" value="{ticket}">
<button name="answer" value="allow">Allow</button> <button name="answer" value="cancel">Cancel</button></form>"""


@dataclass
class Somebody:
    """Who is signed in at the provider."""

    key: str = "1001"
    login: str = "grace"
    name: str = "Grace Hopper"
    email: str = "grace@example.org"
    verified: Any = True


@dataclass
class Grant:
    """What was asked for at the authorize page, until its code is used."""

    kind: str
    asked: Mapping[str, str]
    person: Somebody
    used: bool = False


@dataclass
class Provider:
    """`with Provider() as provider`. `trouble` is one of TROUBLES, or a claim's change such as {"sub": None}."""

    person: Somebody = field(default_factory=Somebody)
    trouble: str = ""
    changed: dict[str, Any] = field(default_factory=dict)  # claims that come out otherwise; `...` leaves one out
    consents: bool = False  # the authorize page sends people straight back
    redirects: set[str] = field(default_factory=set)  # the registered callback addresses; empty: all
    asked: list[str] = field(default_factory=list)  # the paths of all requests
    grants: dict[str, Grant] = field(default_factory=dict)  # by ticket, then by code
    tokens: dict[str, Grant] = field(default_factory=dict)
    port: int = 0

    def __enter__(self) -> Self:
        self.resume = threading.Event()
        handler = type("Handler", (_Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Nobody listens any more; `with` again opens the same port."""
        self.resume.set()
        self.server.shutdown()
        self.server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """The settings of a site that uses all three."""
        keys = {f"{name}_CLIENT_ID": CLIENT_ID for name in ("GOOGLE", "GITHUB", "OIDC")}
        secret = {f"{name}_CLIENT_SECRET": CLIENT_SECRET for name in ("GOOGLE", "GITHUB", "OIDC")}
        places = {"GITHUB_URL": f"{self.url}/github", "OIDC_URL": f"{self.url}/oidc", "OIDC_NAME": "Harbour Login"}
        stub = {"STUB_PROVIDER_URL": self.url, "DJANGO_SETTINGS_MODULE": "chatsite.testing.stub_settings"}
        return {**keys, **secret, **places, **stub}

    # What it says.

    def authorize(self, kind: str, asked: Mapping[str, str]) -> str:
        """A ticket for the page with the two buttons. Raises ValueError for a request that is not as agreed."""
        if asked.get("client_id") != CLIENT_ID or asked.get("response_type") != "code":
            raise ValueError("unknown client")
        if self.redirects and asked["redirect_uri"] not in self.redirects:
            raise ValueError("redirect_uri_mismatch")
        if asked.get("code_challenge_method") != "S256" or len(asked.get("code_challenge", "")) < 43:
            raise ValueError("no PKCE")
        ticket = secrets.token_urlsafe(8)
        self.grants[ticket] = Grant(kind, asked, self.person)
        return ticket

    def decide(self, ticket: str, answer: str) -> str:
        """The address the browser is sent back to."""
        grant = self.grants.pop(ticket)
        told = {"state": grant.asked["state"]} if "state" in grant.asked else {}
        if answer == "allow":
            told["code"] = secrets.token_urlsafe(8)
            self.grants[told["code"]] = grant
        else:
            told |= {"error": "access_denied", "error_description": "The user has denied your application access."}
        return f"{grant.asked['redirect_uri']}?{urlencode(told)}"

    def token(self, kind: str, sent: Mapping[str, str]) -> dict[str, Any]:
        grant = self.grants.get(sent.get("code", ""))
        challenge = _s256(sent.get("code_verifier", ""))
        is_right = (
            grant is not None
            and not grant.used
            and grant.kind == kind
            and (sent.get("client_id"), sent.get("client_secret")) == (CLIENT_ID, CLIENT_SECRET)
            and sent.get("redirect_uri") == grant.asked["redirect_uri"]
            and challenge == grant.asked["code_challenge"]
        )
        if grant is None or not is_right:
            return {"error": "invalid_grant"}
        grant.used = True
        access = secrets.token_urlsafe(8)
        self.tokens[access] = grant
        told: dict[str, Any] = {"access_token": access, "token_type": "bearer", "expires_in": 3600}
        return told if kind == "github" else {**told, "id_token": self.id_token(kind, grant.person)}

    def id_token(self, kind: str, person: Somebody) -> str:
        now = int(time.time())
        issuer = "https://elsewhere.example.org" if self.trouble == "issuer" else f"{self.url}/{kind}"
        audience = "another-site" if self.trouble == "audience" else CLIENT_ID
        ends = now - 3600 if self.trouble == "expired" else now + 3600
        begins = now + 30 if self.trouble == "fast clock" else now - 5
        claims = {**self.claims(person), "iss": issuer, "aud": audience, "iat": begins, "exp": ends}
        return self.signed(claims)

    def signed(self, claims: dict[str, Any]) -> str:
        if self.trouble in {"shared", "wrong secret", "unsigned"}:
            word = {"shared": CLIENT_SECRET, "wrong secret": "x" * 40, "unsigned": None}[self.trouble]
            return jwt.encode(claims, word, algorithm="HS256" if word else "none")  # type: ignore[arg-type]
        key = provider_keys.other_key() if self.trouble == "signature" else provider_keys.key()
        named = {"no key id": {}, "other key id": {"kid": "second"}}.get(self.trouble, {"kid": KEY_ID})
        return jwt.encode(claims, key, algorithm="RS256", headers=named)

    def claims(self, person: Somebody) -> dict[str, Any]:
        first, _, last = person.name.partition(" ")
        said = {"sub": person.key, "name": person.name, "given_name": first, "family_name": last}
        mail = {"email": person.email, "email_verified": person.verified} if person.email else {}
        return self._changed({**said, **mail, "preferred_username": person.login})

    def github_user(self, person: Somebody) -> dict[str, Any]:
        return self._changed({"id": int(person.key), "login": person.login, "name": person.name, "email": person.email})

    def github_emails(self, person: Somebody) -> list[dict[str, Any]]:
        mails = [{"email": "old@example.org", "primary": False, "verified": True}] if person.verified is True else []
        mine = {"email": person.email, "primary": True, "verified": person.verified}
        return [*mails, mine] if person.email else []

    def _changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in {**claims, **self.changed}.items() if value is not ...}

    def discovery(self) -> dict[str, Any]:
        at = f"{self.url}/oidc"
        names = ("authorization", "token", "userinfo")
        ends = {f"{name}_endpoint": f"{at}/{'authorize' if name == 'authorization' else name}" for name in names}
        methods = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
        return self._changed({"issuer": at, "jwks_uri": f"{at}/jwks", **ends, **methods})


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        self._answer({})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self._answer(_single(body))

    def _answer(self, sent: Mapping[str, str]) -> None:
        parts = urlsplit(self.path)
        self.provider.asked.append(parts.path)
        if self.provider.trouble in TROUBLES and not parts.path.endswith(("/authorize", "/decide")):
            TROUBLES[self.provider.trouble](self)
            return
        kind, _, what = parts.path.strip("/").partition("/")
        if kind == "decide":
            self._redirect(self.provider.decide(sent["ticket"], sent["answer"]))
        elif what.endswith("authorize"):
            self._authorize(kind, _single(parts.query))
        else:
            self._api(kind, what, sent)

    def _authorize(self, kind: str, asked: Mapping[str, str]) -> None:
        try:
            ticket = self.provider.authorize(kind, asked)
        except (KeyError, ValueError) as error:
            self.say(400, f"<p>{html.escape(str(error))}</p>", "text/html")
            return
        if self.provider.consents:
            self._redirect(self.provider.decide(ticket, "allow"))
        else:
            self.say(200, PAGE.format(ticket=ticket), "text/html")

    def _api(self, kind: str, what: str, sent: Mapping[str, str]) -> None:
        provider, last = self.provider, what.rpartition("/")[2]
        if last in {"token", "access_token"}:
            told = provider.token(kind, sent)
            self.say_json(told, 400 if "error" in told and kind != "github" else 200)
            return
        open_to_all: dict[str, Callable[[], Any]] = {
            "openid-configuration": provider.discovery,
            "certs": lambda: {KEY_ID: provider_keys.certificate()},
            "jwks": lambda: {"keys": [provider_keys.public_key()]},
        }
        grant = provider.tokens.get(self.headers.get("authorization", "").rpartition(" ")[2])
        if last in open_to_all:
            self.say_json(open_to_all[last]())
        elif grant is None:
            self.say_json({"error": "bad credentials"}, 401)
        else:
            about = {"user": provider.github_user, "emails": provider.github_emails, "userinfo": provider.claims}
            self.say_json(about[last](grant.person))

    def _redirect(self, where: str) -> None:
        self.send_response(302)
        self.send_header("location", where)
        self.send_header("content-length", "0")
        self.end_headers()

    def say_json(self, told: Any, status: int = 200) -> None:
        self.say(status, json.dumps(told), "application/json")

    def say(self, status: int, text: str, kind: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("content-type", f"{kind}; charset=utf-8")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


# --- Ways to misbehave


def _hang(handler: _Handler) -> None:
    handler.provider.resume.wait(PATIENCE)


def _drip(handler: _Handler) -> None:
    """A byte at a time, without an end."""
    handler.send_response(200)
    handler.end_headers()
    _write_on(handler, b" ", pause=0.02)


def _flood(handler: _Handler) -> None:
    handler.send_response(200)
    handler.end_headers()
    _write_on(handler, b" " * 65_536, pause=0)


def _write_on(handler: _Handler, part: bytes, *, pause: float) -> None:
    end = time.monotonic() + PATIENCE
    try:
        while time.monotonic() < end and not handler.provider.resume.wait(pause):
            handler.wfile.write(part)
    except OSError:
        pass  # the other side has had enough


TROUBLES: dict[str, Callable[[_Handler], None]] = {
    "down": lambda handler: handler.say(500, "<h1>Down</h1>", "text/html"),
    "page": lambda handler: handler.say(200, "<h1>Maintenance</h1>", "text/html"),
    "list": lambda handler: handler.say_json([1, 2]),
    "hang": _hang,
    "drip": _drip,
    "flood": _flood,
}


def _s256(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def _single(query: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
