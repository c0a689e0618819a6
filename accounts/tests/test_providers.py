"""Google and GitHub: no trace without keys, whole with them. Their settings are read at import, so: subprocesses."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

GOOGLE = {"GOOGLE_CLIENT_ID": "google-id", "GOOGLE_CLIENT_SECRET": "google-secret"}
GITHUB = {"GITHUB_CLIENT_ID": "github-id", "GITHUB_CLIENT_SECRET": "github-secret"}

VISIT = """
import json
import django
django.setup()
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from chat.models import Installation
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
Installation.objects.update(set_up_at=timezone.now())
told = {}
for path in ("/", "/accounts/login/", "/accounts/signup/"):
    answer = Client(HTTP_HOST="localhost").get(path)
    told[path] = answer.content.decode()
told["policy"] = answer["Content-Security-Policy"]
for name in ("google", "github"):
    client = Client(HTTP_HOST="localhost")
    told["get " + name] = client.get(f"/accounts/{name}/login/").status_code
    sent = client.post(f"/accounts/{name}/login/")
    told["post " + name] = [sent.status_code, sent.headers.get("Location", "")]
told["3rdparty"] = Client(HTTP_HOST="localhost").get("/accounts/3rdparty/login/cancelled/").status_code
print(json.dumps(told))
"""


def visit(folder: Path, keys: dict[str, str]) -> dict[str, Any]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    environment = {**kept, **keys, "DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "chatsite.settings"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", VISIT], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.slow
def test_no_keys_no_trace(tmp_path: Path) -> None:
    told = visit(tmp_path, {})
    for path in ("/", "/accounts/login/", "/accounts/signup/"):
        assert "google" not in told[path].lower()
        assert "github" not in told[path].lower()
        assert "3rdparty" not in told[path]
    assert told["get google"] == told["post google"][0] == told["get github"] == told["3rdparty"] == 404
    assert "form-action 'self';" in told["policy"] + ";"


@pytest.mark.slow
def test_both_with_keys(tmp_path: Path) -> None:
    told = visit(tmp_path, GOOGLE | GITHUB)
    for path in ("/", "/accounts/login/", "/accounts/signup/"):
        assert 'action="/accounts/google/login/' in told[path]
        assert 'action="/accounts/github/login/' in told[path]
        assert "secret" not in told[path]
    status, where = told["post google"]
    assert status == 302
    assert where.startswith("https://accounts.google.com/")
    assert "client_id=google-id" in where
    assert "state=" in where
    assert "code_challenge=" in where
    assert told["post github"][1].startswith("https://github.com/login/oauth/authorize?client_id=github-id")
    assert told["get google"] == 200, "a link alone must not start it"
    assert "https://accounts.google.com" in told["policy"]
    assert "https://github.com" in told["policy"]


@pytest.mark.slow
def test_one_with_keys(tmp_path: Path) -> None:
    told = visit(tmp_path, GITHUB)
    assert 'action="/accounts/github/login/' in told["/"]
    assert "google" not in (told["/"] + told["policy"]).lower()
    assert told["post google"][0] == 404
