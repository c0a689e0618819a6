"""Posts that wait for one room share a commit, and nobody pays for another's mistake."""

import asyncio
import threading
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from django.db import DataError, OperationalError

from accounts.models import User
from chat import actions, posting
from chat.actions import posting as store
from chat.errors import Unavailable
from chat.live import hub
from chat.models import Message, Room
from chat.tests.live.conftest import PATIENCE, act
from chat.tests.live.marks import LIVE
from chat.tests.live.test_doorbell import until
from chat.tests.live.test_slow import piped

pytestmark = LIVE

Tabs = Callable[..., Any]


class Commits(list[list[str]]):
    """The bodies of each call of the action; the first waits until the other posts have gathered behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.gathered = threading.Event()


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    calls = Commits()
    original = actions.post_messages

    def noted(*, room_id: int, posts: list[actions.Post]) -> Any:
        calls.append([post.body for post in posts])
        assert calls.gathered.wait(PATIENCE)
        if len(posts) > 1 and any(post.body == "poison" for post in posts):
            raise DataError("a value that nobody can store")
        if len(posts) > 1 and any(post.body == "locked" for post in posts):
            raise OperationalError("database is locked")
        if len(posts) > 1 and any(post.body == "hung" for post in posts):
            raise Unavailable("as a lane says it")
        return original(room_id=room_id, posts=posts)

    monkeypatch.setattr(actions, "post_messages", noted)
    return calls


async def all_behind_the_first(commits: Commits, posts: list[Coroutine[Any, Any, Any]]) -> list[Any]:
    """The first post is being committed when the others come."""
    first = asyncio.create_task(posts[0])
    await until(lambda: commits)
    others = [asyncio.create_task(post) for post in posts[1:]]
    await until(lambda: hub.current().posts_waiting + sum(other.done() for other in others) == len(posts))
    commits.gathered.set()
    return [*await asyncio.gather(*others), await first]


async def test_what_waits_shares_a_commit(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, commits: Commits
) -> None:
    tabs = [await tab(person) for person in (alice, bob, mod)]
    bodies = ["first", "second", "third"]
    posts = [one.post(room, body) for one, body in zip(tabs, bodies, strict=True)]
    answers = await all_behind_the_first(commits, posts)
    assert [answer["type"] for answer in answers] == ["ok"] * 3
    assert [len(call) for call in commits] == [1, 2]
    stored = await act(lambda: list(Message.objects.order_by("pk").values_list("body", "seq")))
    assert [seq for _body, seq in stored] == [room.seq + 1, room.seq + 2, room.seq + 3]
    assert {body for body, _seq in stored} == set(bodies)


async def test_who_posts_in_the_same_moment_shares_the_first_commit(
    tab: Tabs, alice: User, bob: User, room: Room, commits: Commits
) -> None:
    """The loop reads one socket after the other."""
    await tab(alice)
    commits.gathered.set()
    answers = []
    for person in (alice, bob, alice):
        post = actions.Post(person, uuid.uuid4(), person.handle)
        answers.append(posting.post_message(hub.current(), room.pk, post))
        await asyncio.sleep(0)
    await asyncio.gather(*answers)
    assert commits == [["alice", "bob", "alice"]]


async def test_one_refusal_is_one_persons(
    tab: Tabs, alice: User, bob: User, mod: User, mallory: User, room: Room, commits: Commits
) -> None:
    tabs = [await tab(person) for person in (alice, bob, mallory, mod)]
    bodies = ["first", "  ", "not in", "fine"]
    posts = [one.post(room, body) for one, body in zip(tabs, bodies, strict=True)]
    answers = await all_behind_the_first(commits, posts)
    assert [answer.get("code", "ok") for answer in answers] == ["invalid", "forbidden", "ok", "ok"]


async def test_a_spoiled_commit_is_tried_one_by_one(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, commits: Commits
) -> None:
    tabs = [await tab(person) for person in (alice, bob, mod)]
    bodies = ["first", "poison", "fine"]
    posts = [one.post(room, body) for one, body in zip(tabs, bodies, strict=True)]
    answers = await all_behind_the_first(commits, posts)
    assert [answer["type"] for answer in answers] == ["ok"] * 3
    assert sorted(len(call) for call in commits) == [1, 1, 1, 2]
    assert await act(Message.objects.count) == 3


async def test_a_post_that_is_tried_again_counts_once_against_its_authors_rate(
    tab: Tabs, alice: User, bob: User, room: Room, commits: Commits, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.POST_RATE = (2.0, 0.001)
    stored = store.write

    def spoiled(change: Any, fresh: list[Any]) -> None:
        if len(fresh) > 1:
            raise DataError("a value that nobody can store")
        stored(change, fresh)

    monkeypatch.setattr(store, "write", spoiled)
    hers, also_hers, his = await tab(alice), await tab(alice), await tab(bob)
    posts = [his.post(room, "first"), hers.post(room, "one"), also_hers.post(room, "two")]
    answers = await all_behind_the_first(commits, posts)
    assert [answer.get("code", "ok") for answer in answers] == ["ok"] * 3
    assert [len(call) for call in commits] == [1, 2, 1, 1]
    assert (await hers.post(room, "three"))["code"] == "rate_limited"


@pytest.mark.parametrize("trouble", ["locked", "hung"])
async def test_a_database_that_does_not_answer_is_waited_for_once(
    tab: Tabs, alice: User, bob: User, mod: User, room: Room, commits: list[list[str]], trouble: str
) -> None:
    """One by one, thirty-two posts would have waited for it thirty-two times."""
    tabs = [await tab(person) for person in (alice, bob, mod)]
    posts = [one.post(room, body) for one, body in zip(tabs, ["first", trouble, "behind it"], strict=True)]
    answers = await all_behind_the_first(commits, posts)
    assert [answer.get("code", "ok") for answer in answers] == ["unavailable", "unavailable", "ok"]
    assert [len(call) for call in commits] == [1, 2]
    assert await act(Message.objects.count) == 1


async def test_the_same_post_twice_in_one_commit(
    tab: Tabs, alice: User, bob: User, room: Room, commits: Commits
) -> None:
    hers, also_hers, his = await tab(alice), await tab(alice), await tab(bob)
    client_id = str(uuid.uuid4())
    posts = [his.post(room, "first"), *(one.post(room, "Once", client_id=client_id) for one in (hers, also_hers))]
    one, other, _first = await all_behind_the_first(commits, posts)
    assert len(commits) == 2
    assert (one["message"], one["seq"]) == (other["message"], other["seq"])
    assert (await hers.post(room, "Otherwise", client_id=client_id))["code"] == "conflict"
    assert await act(Message.objects.filter(author=alice).count) == 1


async def settled() -> None:
    """Whatever can happen without the database has happened."""
    for _ in range(50):
        await asyncio.sleep(0)


async def say(tab: Any, room: Room, body: str) -> None:
    """Post without waiting for the answer, which repeats the body."""
    await tab.say("message.post", ref=body, room=room.pk, client_id=str(uuid.uuid4()), body=body)


async def test_posts_of_one_socket_share_commits_in_their_order(
    tab: Tabs, alice: User, room: Room, commits: Commits
) -> None:
    hers = await tab(alice)
    bodies = [f"number {number}" for number in range(posting.UNDER_WAY + 3)]
    for body in bodies:
        await say(hers, room, body)
    await until(lambda: commits and hub.current().posts_waiting == posting.UNDER_WAY)
    await settled()
    assert hub.current().posts_waiting == posting.UNDER_WAY, "the others wait unread"
    commits.gathered.set()
    answers = [await hers.expect("ok") for _ in bodies]
    assert [answer["ref"] for answer in answers] == bodies
    assert [answer["seq"] for answer in answers] == [room.seq + 1 + number for number in range(len(bodies))]
    assert len(commits) <= 3
    assert [body for call in commits for body in call] == bodies


async def test_what_else_a_socket_asks_comes_after_its_posts(
    tab: Tabs, alice: User, room: Room, private_room: Room, commits: Commits
) -> None:
    """Commands of one socket take effect in the order sent, and are answered in it."""
    hers = await tab(alice)
    await say(hers, room, "here")
    await say(hers, private_room, "there")
    await hers.say("ping", ref="ping")
    await hers.wire.send_input({"type": "websocket.receive", "text": "no JSON"})
    await until(lambda: commits)
    await settled()
    assert commits == [["here"]]
    commits.gathered.set()
    replies: list[Any] = []
    while len(replies) < 4:
        frame = await hers.next()
        replies += [frame.get("ref")] if frame["type"] in {"ok", "error", "pong"} else []
    assert replies == ["here", "there", "ping", None]


async def test_a_goodbye_waits_for_what_is_being_posted(tab: Tabs, alice: User, room: Room, commits: Commits) -> None:
    hers, pipe = await piped(tab, alice)
    await say(hers, room, "last words")
    await until(lambda: commits)
    await hers.wire.send_input({"type": "websocket.disconnect", "code": 1012})
    await settled()
    assert not pipe.is_finished
    commits.gathered.set()
    await until(lambda: pipe.is_finished)
    assert await act(Message.objects.filter(body="last words").exists)  # nobody is left to hear an answer
