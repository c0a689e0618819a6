"""The browser before the whole frame of deploy/: https and wss through nginx, changed behind while two people talk."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.visitor import CUT_OFF, Visitor
from chat.tests.live.frame import PASSWORD, ROOT, Fronted, running
from chatsite.testing.finding import Missing
from chatsite.testing.front import Front
from chatsite.testing.ports import free_port

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fronted]:
    try:
        with running(Fronted, tmp_path_factory.mktemp("frame")) as started:
            yield started
    except Missing as reason:
        pytest.skip(str(reason))


def signed_in(site: Fronted, visit: Visit, handle: str) -> Visitor:
    """Through the form, at the window: the certificate is nobody's but the test's."""
    visitor = visit(site, ignore_https_errors=True)
    visitor.page.goto("/accounts/login/?next=/rooms/harbour/")
    visitor.page.get_by_label("Handle or email").fill(handle)
    visitor.page.get_by_label("Password").fill(PASSWORD)
    visitor.page.get_by_role("button", name="Sign in", exact=True).click()
    visitor.is_live()
    return visitor


def test_two_people_talk_through_a_reload_and_a_rolling_restart(site: Fronted, visit: Visit) -> None:
    ada, bo = signed_in(site, visit, "ada"), signed_in(site, visit, "bo")
    both = (ada, bo)
    told = 0

    def talk() -> None:
        """One message each way, seen by both."""
        nonlocal told
        for one, other in (both, both[::-1]):
            told += 1
            one.say(f"words {told}")
            expect(other.message(f"words {told}")).to_be_visible()

    assert ada.page.url.startswith("https://")
    assert ada.page.evaluate("performance.getEntriesByType('navigation')[0].nextHopProtocol") == "h2"
    talk()
    site.front.reload()
    talk()
    for visitor in both:
        visitor.allow(*CUT_OFF)
    for process in site.sockets:
        assert process.end() == 0
        talk()
        process.start()
        talk()
    assert site.pages.end() == 0
    talk()
    ada.page.reload()
    ada.is_live()
    site.pages.start()
    talk()
    for visitor in both:
        expect(visitor.bubbles).to_have_count(0)
        assert visitor.texts()[-told:] == [f"words {number}" for number in range(1, told + 1)]
    assert [each.body for each in site.record()][-told:] == ada.texts()[-told:]


def test_with_nobody_behind_it_nginx_says_so_in_a_page(visit: Visit, tmp_path: Path) -> None:
    """In the site's own look, in the dark and on a phone, too."""
    (tmp_path / "static").symlink_to(ROOT / "static")
    try:
        front = Front(pages=free_port(), sockets=[free_port(), free_port()], data=tmp_path)
    except Missing as reason:
        pytest.skip(str(reason))
    with front:
        options = {"color_scheme": "dark", "viewport": {"width": 360, "height": 640}}
        visitor = visit(front, ignore_https_errors=True, **options)
        visitor.allow("status of 503")
        answer = visitor.page.goto("/")
        assert (answer.status, answer.headers["retry-after"]) == (503, "2")
        expect(visitor.page.get_by_role("heading", name="Back in a moment")).to_be_visible()
        assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        dark = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        visitor.page.emulate_media(color_scheme="light")
        light = visitor.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        assert dark != light, "the tokens of the site are there"
