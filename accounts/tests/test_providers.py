"""Sign-in by other sites: no trace without keys, whole with them; what administrators are told of it."""

import json
import os
import shutil
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from pytest_django import Settings

from chatsite import providers
from chatsite.testing.provider import Provider

GOOGLE = {"GOOGLE_CLIENT_ID": "google-id", "GOOGLE_CLIENT_SECRET": "google-secret"}
GITHUB = {"GITHUB_CLIENT_ID": "github-id", "GITHUB_CLIENT_SECRET": "github-secret"}

OIDC = {
    "OIDC_URL": "https://login.example.org/realms/staff",
    "OIDC_CLIENT_ID": "oidc-id",
    "OIDC_CLIENT_SECRET": "oidc-secret",
    "OIDC_NAME": "Staff login",
}
NOTHING = ("google", "github", "openid", "oidc", "3rdparty")

VISIT = """
import json
import django
django.setup()
from django.test import Client
told = {}
for path in ("/", "/accounts/login/", "/accounts/signup/"):
    answer = Client(HTTP_HOST="localhost").get(path)
    told[path] = answer.content.decode()
told["policy"] = answer["Content-Security-Policy"]
for name in ("google", "github", "oidc"):
    client = Client(HTTP_HOST="localhost")
    told["get " + name] = client.get(f"/accounts/{name}/login/").status_code
    sent = client.post(f"/accounts/{name}/login/") if name != "oidc" else client.get("/accounts/oidc/login/callback/")
    told["post " + name] = [sent.status_code, sent.content.decode()]
told["3rdparty"] = Client(HTTP_HOST="localhost").get("/accounts/3rdparty/login/cancelled/").status_code
print(json.dumps(told))
"""


def visit(town: Path, folder: Path, keys: dict[str, str]) -> dict[str, Any]:
    shutil.copytree(town, folder, dirs_exist_ok=True)
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, **keys, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", VISIT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_no_keys_no_trace(town: Path, tmp_path: Path) -> None:
    told = visit(town, tmp_path, {})
    for path in ("/", "/accounts/login/", "/accounts/signup/"):
        assert not [word for word in NOTHING if word in told[path].lower()]
    assert {told["get google"], told["post google"][0], told["get github"], told["get oidc"], told["3rdparty"]} == {404}
    assert "form-action 'self';" in told["policy"] + ";"


@pytest.mark.slow
def test_all_with_keys(town: Path, tmp_path: Path) -> None:
    told = visit(town, tmp_path, GOOGLE | GITHUB | OIDC)
    for path in ("/", "/accounts/login/", "/accounts/signup/"):
        for name, shown in (("google", "Google"), ("github", "GitHub"), ("oidc", "Staff login")):
            assert f'action="/accounts/{name}/login/' in told[path]
            assert f"Continue with {shown}" in told[path]
        assert "secret" not in told[path]
    status, page = told["post google"]
    assert status == 200
    assert "0; url=https://accounts.google.com/o/oauth2/v2/auth?client_id=google-id&amp;" in page
    assert "state=" in page
    assert "code_challenge_method=S256" in page
    assert "0; url=https://github.com/login/oauth/authorize?client_id=github-id&amp;" in told["post github"][1]
    assert told["post oidc"][0] == 401, "a callback nobody started"
    assert told["get google"] == told["get github"] == told["get oidc"] == 200, "a link alone must not start it"
    assert "form-action 'self';" in told["policy"] + ";", "no foreign site in it"


@pytest.mark.slow
def test_one_with_keys(town: Path, tmp_path: Path) -> None:
    told = visit(town, tmp_path, GITHUB)
    assert 'action="/accounts/github/login/' in told["/"]
    assert "google" not in (told["/"] + told["policy"]).lower()
    assert told["post google"][0] == told["get oidc"] == 404


class TestEnvironment:
    def test_nothing(self) -> None:
        assert providers.from_environment({}) == {}
        assert providers.from_environment({"GOOGLE_CLIENT_ID": " ", "GITHUB_URL": "https://git.example.org"}) == {}

    def test_each(self) -> None:
        assert list(providers.from_environment(GOOGLE | GITHUB | OIDC)) == ["google", "github", "openid_connect"]
        for keys, name in ((GOOGLE, "google"), (GITHUB, "github"), (OIDC, "openid_connect")):
            found = providers.from_environment(keys)
            assert list(found) == [name]
            assert found[name]["OAUTH_PKCE_ENABLED"] is True

    @pytest.mark.parametrize("left_out", [*GOOGLE, *GITHUB, *(name for name in OIDC if name != "OIDC_NAME")])
    def test_a_part_is_missing(self, left_out: str) -> None:
        keys = {name: value for name, value in (GOOGLE | GITHUB | OIDC).items() if name != left_out}
        with pytest.raises(ImproperlyConfigured, match=f"^{left_out}: missing"):
            providers.from_environment(keys)

    @pytest.mark.parametrize("name", ["OIDC_URL", "GITHUB_URL"])
    @pytest.mark.parametrize(
        "url",
        [
            "login.example.org",
            "http://login.example.org",
            "ftp://login.example.org",
            "https://",
            "https://user:word@login.example.org",
            "https://login.example.org/?x=1",
            "https://login.example.org/#x",
            "http://localhost.example.org",
        ],
    )
    def test_no_addresses(self, name: str, url: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=f"^{name}: expected an address"):
            providers.from_environment(GITHUB | OIDC | {name: url})

    @pytest.mark.parametrize(
        "url",
        [
            "https://login.example.org/realms/staff",
            "https://login.example.org/realms/staff/",
            "https://login.example.org/realms/staff/.well-known/openid-configuration",
        ],
    )
    def test_one_address_however_it_is_written(self, url: str) -> None:
        app = providers.from_environment(OIDC | {"OIDC_URL": url})["openid_connect"]["APPS"][0]
        assert app["settings"]["server_url"] == "https://login.example.org/realms/staff"

    def test_github_itself_is_no_enterprise_server(self) -> None:
        assert "GITHUB_URL" not in providers.from_environment(GITHUB | {"GITHUB_URL": "https://github.com/"})["github"]
        entry = providers.from_environment(GITHUB | {"GITHUB_URL": "https://git.example.org/"})["github"]
        assert entry["GITHUB_URL"] == "https://git.example.org"

    @pytest.mark.parametrize("name", ["x" * 41, "a\x00b", "a\u202eb"], ids=["long", "NUL", "bidi"])
    def test_names_that_do_not_do(self, name: str) -> None:
        with pytest.raises(ImproperlyConfigured, match=r"^OIDC_NAME"):
            providers.from_environment(OIDC | {"OIDC_NAME": name})


class TestCommand:
    def run(self) -> tuple[str, int]:
        out = StringIO()
        try:
            call_command("providers", stdout=out)
        except SystemExit as ended:
            return out.getvalue(), int(str(ended.code))
        return out.getvalue(), 0

    def test_nothing_on(self) -> None:
        told, code = self.run()
        assert code == 0
        assert "Google: off" in told
        assert "set OIDC_URL, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET" in told

    def test_every_address_to_enter(self, provider: Provider, settings: Settings) -> None:
        settings.SITE_URLS = ["https://chat.example.org", "http://localhost:8000"]
        told, code = self.run()
        assert code == 0, told
        for name in ("google", "github", "oidc"):
            for origin in settings.SITE_URLS:
                assert f"    {origin}/accounts/{name}/login/callback/\n" in told
        assert "Harbour Login (OpenID Connect): on" in told
        assert f"{provider.url}/github/settings/developers" in told
        assert "secret" not in told

    def test_google_wants_https(self, provider: Provider, settings: Settings) -> None:
        settings.SITE_URLS = ["http://chat.example.org"]
        told, code = self.run()
        assert code == 1
        assert "Google does not accept http://chat.example.org" in told

    @pytest.mark.parametrize("trouble", ["down", "page", "list"])
    def test_a_provider_that_does_not_answer(self, trouble: str, provider: Provider) -> None:
        provider.trouble = trouble
        told, code = self.run()
        assert code == 1
        assert "/oidc/.well-known/openid-configuration does not answer as it should" in told

    @pytest.mark.parametrize(
        ("changed", "words"),
        [
            ({"issuer": "https://elsewhere.example.org"}, "OIDC_URL must be the issuer"),
            ({"token_endpoint": ...}, "publishes no “token_endpoint”"),
            ({"code_challenge_methods_supported": ["plain"]}, "does not know PKCE"),
        ],
        ids=["issuer", "address", "PKCE"],
    )
    def test_a_provider_that_does_not_fit(self, changed: dict[str, Any], words: str, provider: Provider) -> None:
        provider.changed = changed
        told, code = self.run()
        assert code == 1
        assert words in told
