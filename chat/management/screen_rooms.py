"""What is done on the pages of rooms, and behind them, before a picture of them is taken."""

from contextlib import suppress

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page

from chat.management.screen_stage import Stage
from chat.tests.browser.product import PASSWORD

LIVE = "html[data-live]"
PATIENCE = 30_000  # ms in which a dead line is noticed


def live(page: Page) -> None:
    page.locator(LIVE).wait_for(state="attached")


def _box(page: Page) -> Locator:
    return page.locator("#composer textarea")


# --- Beside the messages


def open_drawer(page: Page) -> None:
    page.locator("#menu").click()
    page.locator("#drawer[open]").wait_for()


def open_people(page: Page) -> None:
    live(page)
    page.locator("#people-toggle").click()
    page.locator(".people-open #people").wait_for()


def open_palette(page: Page) -> None:
    live(page)
    page.keyboard.press("Control+k")
    page.locator("#palette[open]").wait_for()


def open_keys(page: Page) -> None:
    live(page)
    page.locator("#timeline").focus()
    page.keyboard.press("?")
    page.locator("#keys[open]").wait_for()


def restrict_bo(page: Page) -> None:
    """From the members' page, whose menu leads there."""
    open_member_menu(page)
    page.locator(".member [open] .menu-list a").first.click()
    page.locator("select[name=period]").wait_for()


def open_member_menu(page: Page) -> None:
    page.locator(".member", has_text="@bo").locator("summary").click()


def follow_invite(page: Page) -> None:
    """As somebody new who was sent a link."""
    link = page.locator("input[readonly]").first.input_value()
    page.context.clear_cookies()
    page.goto(link)
    page.locator("main h1").wait_for()


def sign_up(page: Page) -> None:
    """Somebody who is in no room yet. The next picture is of somebody else."""
    handle = f"new-{abs(hash(page)) % 100_000}"
    page.locator("input[name=name]").fill("Wilhelmina Achterberg")
    page.locator("input[name=username]").fill(handle)
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("main form .primary").first.click()
    page.locator("#sidebar").wait_for(state="attached")


def come_by_another_name(page: Page) -> None:
    page.goto(page.url.replace("localhost", "127.0.0.1"))


def enter_by_name(page: Page, words: str) -> None:
    page.locator(".directory a", has_text=words).first.click()
    live(page)
    page.locator("#main.room").wait_for()


# --- Messages


def show_every_state(page: Page) -> None:
    """Beside those that the seed made: a refused message, and an own one under the editor."""
    live(page)
    _box(page).fill("The server takes no control characters:\0")
    _box(page).press("Enter")
    page.locator("#pending .is-failed").wait_for()
    own = page.locator("#messages .message.is-mine:not(.is-deleted)").last
    own.hover()
    own.locator("#toolbar [data-action=edit]").click()
    page.locator("#messages textarea").wait_for()


def ask_delete(page: Page) -> None:
    live(page)
    own = page.locator("#messages .message.is-mine:not(.is-deleted)").last
    own.hover()
    own.locator("#toolbar [data-action=delete]").click()
    page.locator(".confirm-delete").wait_for()


def hide_in_place(page: Page) -> None:
    live(page)
    theirs = page.locator("#messages .message:not(.is-mine, .is-deleted)").last
    theirs.hover()
    theirs.locator("#toolbar [data-action=hide]").click()
    page.locator(".judge input").fill("Not in the town hall")


def follow_link(page: Page) -> None:
    """To one message some way back."""
    page.goto(page.locator("#messages .message:not(.is-deleted) .message-link").nth(-7).get_attribute("href") or "")
    live(page)


def press_long(page: Page) -> None:
    """As a thumb does."""
    live(page)
    page.locator("#messages .message.is-mine:not(.is-deleted)").last.tap()
    page.locator("#toolbar [data-action=more]").tap()
    page.locator("#sheet[open]").wait_for()


def be_told_more(page: Page, stage: Stage) -> None:
    """Two messages while one reads further up, and a third person who is typing."""
    live(page)
    page.locator("#timeline").evaluate("box => { box.scrollTop -= 900 }")
    for handle, words in (("bo", "The tarpaulin is up."), ("nour", "Bread is out of the oven!")):
        stage.company[handle].say(words)
    page.locator("#new-messages").wait_for()
    stage.company["lena"].box.press_sequentially("And the slater is on his way", delay=130)  # told every 3 s
    page.locator("#typing:not(:empty)").wait_for()


def be_named(page: Page, stage: Stage) -> None:
    live(page)
    stage.company["chiara"].say("@ada the donkey is yours on Friday, @bo brings the cart")
    page.locator("#messages .mentions-me").last.wait_for()


# --- Writing


def name_somebody(page: Page) -> None:
    live(page)
    _box(page).press_sequentially("Shall we ask @")
    page.locator(".completion-option").first.wait_for()


def say_too_much(page: Page) -> None:
    live(page)
    _box(page).fill("All the tides of the year, one by one.\n" * 132)
    _box(page).press("Enter")


def say_unanswered(page: Page) -> None:
    """What is said to a server that does not answer: pending, and after a second with its clock."""
    _box(page).fill("Is anybody there?")
    _box(page).press("Enter")
    page.locator("#pending .is-pending.is-slow").wait_for()


# --- The line


def lose_the_server(page: Page, stage: Stage) -> None:
    live(page)
    stage.product.kill()
    page.locator("#connection.is-offline").wait_for(timeout=PATIENCE)
    _box(page).fill("I write on, and it is kept.")
    _box(page).press("Enter")
    page.locator("#pending .is-slow").wait_for()


def find_it_again(page: Page, stage: Stage) -> None:
    live(page)
    stage.product.kill()
    page.locator("#connection.is-offline").wait_for(timeout=PATIENCE)
    stage.product.start()
    with suppress(PlaywrightError):  # it may have tried by itself
        page.get_by_role("button", name="Try now").click(timeout=500)
    page.locator("#connection.is-back").wait_for(timeout=PATIENCE)


def start_offline(page: Page) -> None:
    """The page that is kept for it, which looks for the server in vain, with what was half-written before."""
    live(page)
    _box(page).fill("The minutes of Tuesday are ready, I only")
    page.wait_for_timeout(1000)
    page.route(
        "**/offline/", lambda route: route.abort() if route.request.resource_type == "fetch" else route.continue_()
    )
    page.goto("/offline/")
    page.locator("#drafts").wait_for()


def _slow_down(page: Page) -> None:
    """From now on an answer takes a minute."""
    line = page.context.new_cdp_session(page)
    line.send("Network.enable")
    minute = {"offline": False, "latency": 60_000, "downloadThroughput": -1, "uploadThroughput": -1}
    line.send("Network.emulateNetworkConditions", minute)


def wait_for_room(page: Page) -> None:
    """A room that is long in coming."""
    live(page)
    _slow_down(page)
    if page.locator("#menu").is_visible():
        open_drawer(page)
    page.get_by_role("link", name="Library").first.click()
    page.locator(".outline").wait_for()


def find_no_room(page: Page) -> None:
    """Its address cannot be had now."""
    live(page)
    page.route("**/rooms/library/", lambda route: route.abort())
    if page.locator("#menu").is_visible():
        open_drawer(page)
    page.get_by_role("link", name="Library").first.click()
    page.locator(".not-opened").wait_for()


def wait_for_older(page: Page) -> None:
    """Older messages that are long in coming."""
    live(page)
    _slow_down(page)
    page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
    page.locator("#timeline.is-loading").wait_for()
    page.locator("#timeline").evaluate("box => { box.scrollTop = 0 }")
