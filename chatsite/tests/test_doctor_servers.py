"""What `manage.py doctor` says of a real PostgreSQL and a real Redis."""

import pytest
import redis
from django.db import connection

from chatsite.doctor import Level, servers
from chatsite.testing.servers import Redis
from chatsite.tests.test_doctor import said


@pytest.mark.postgres
@pytest.mark.django_db
def test_more_connections_than_there_are(settings, monkeypatch):
    assert "may open 20 connections (processes: 1)" in said(servers.connections, Level.OK)[0]
    settings.WORKERS = 50
    assert "lower DATABASE_POOL (now 20)" in said(servers.connections, Level.LOOK)[0]
    settings.WORKERS = 1
    asked = servers._ask
    monkeypatch.setattr(servers, "_ask", lambda question: 19 if "rolconnlimit" in question else asked(question))
    assert "PostgreSQL admits 19" in said(servers.connections, Level.LOOK)[0]


@pytest.mark.postgres
@pytest.mark.django_db
def test_a_pooler_that_drops_the_bounds():
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = '30s'")
        assert "in the database: lock_timeout." in said(servers.bounds, Level.LOOK)[0]
        cursor.execute("SET LOCAL lock_timeout = '10s'")
        assert not list(servers.bounds())


@pytest.mark.redis
def test_a_redis_that_is_full_or_lets_us_do_too_little(settings):
    with Redis() as server, redis.from_url(server.url) as admin:
        settings.REDIS_URLS = [server.url]
        assert [one.level for one in servers.bell()] == [Level.OK]
        admin.config_set("maxmemory-policy", "noeviction")
        admin.config_set("maxmemory", "1")
        assert "is full" in said(servers.bell, Level.LOOK)[0]
        admin.execute_command("ACL", "SETUSER", "chat", "on", ">word", "allkeys", "allchannels", "+@all", "-publish")
        settings.REDIS_URLS = [server.url.replace("//", "//chat:word@")]
        assert "refuses what the site needs: NoPermissionError" in said(servers.bell, Level.WRONG)[0]
        settings.REDIS_URLS = [server.url.replace("//", "//chat:wrong@")]
        assert "does not answer: AuthenticationError" in said(servers.bell, Level.WRONG)[0]
