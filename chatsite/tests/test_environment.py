"""What the URLs of the servers may say, and that a wrong one is named without quoting a password."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from chatsite import environment
from chatsite.environment import read


@pytest.fixture
def refused(monkeypatch):
    """The line with which this value of REDIS_URL is refused."""

    def refuse(value: str) -> str:
        monkeypatch.setenv("REDIS_URL", value)
        with pytest.raises(ImproperlyConfigured) as refusal:
            read("REDIS_URL", "", environment.redis_urls)
        return str(refusal.value)

    return refuse


def test_several_servers_of_each_kind(tmp_path):
    authority = tmp_path / "ca.pem"
    authority.touch()
    urls = [
        "redis://one:6379/1",
        f"rediss://chat:a%2Cb@two:6380/1?ssl_ca_certs={authority}&ssl_cert_reqs=required&ssl_check_hostname=false",
        "unix:///run/redis.sock?db=1",
    ]
    assert environment.redis_urls(" , ".join(urls)) == urls


@pytest.mark.parametrize(
    "value",
    [
        "redis://:secret,phrase@one",
        "redis://:secret/phrase@one",
        "redis://:secret#phrase@one",
        "redis://:secret?phrase@one",
        "redis://one:70000",
        "redis://one/secret",
        "secret://one",
        "redis://",
        "unix://",
    ],
)
def test_what_is_no_address_is_not_quoted(refused, value):
    line = refused(value)
    assert line.startswith("REDIS_URL: expected redis://")
    assert "secret" not in line
    assert "phrase" not in line


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("rediss://one?ssl_ca_certs=/nowhere.pem", "ssl_ca_certs: cannot read the file /nowhere.pem"),
        ("rediss://one?ssl_cert_reqs=optional", "ssl_cert_reqs: expected one of required, none"),
        ("redis://one?ssl_cert_reqs=none", "its options are db, not ssl_cert_reqs"),
        ("redis://one?socket_timeout=60", "not socket_timeout"),
        ("redis://one?db=first", "db: expected a whole number"),
    ],
)
def test_options_that_would_not_hold(refused, value, words):
    assert words in refused(value)


def test_pools_of_all_processes_stay_under_what_postgresql_admits_by_itself():
    assert [environment.pool_size(workers) for workers in (1, 4, 5, 8, 16)] == [20, 20, 16, 10, 5]
    assert environment.pool_size(64) == 4, "with fewer a process would be of no use"


def test_what_a_database_url_says_counts():
    settings = environment.database(7)("postgres://u:p@h/chat?sslmode=verify-full&options=-c%20lock_timeout%3D3s")
    options = settings["OPTIONS"]
    assert options["pool"]["max_size"] == 7
    assert settings["DISABLE_SERVER_SIDE_CURSORS"], "the admin's lists fail behind PgBouncer"
    assert options["sslmode"] == "verify-full"
    assert options["options"].index("lock_timeout=10s") < options["options"].index("lock_timeout=3s")
    assert "statement_timeout=30s" in options["options"]
    assert environment.database(7)("") == {}
