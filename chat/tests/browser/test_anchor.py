"""What is being read stays where it is, whatever happens around it; who follows the end goes on following it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.crowd import fill
from chat.tests.browser.product import Product

pytestmark = pytest.mark.browser

# From now on, how far the first message that begins in sight is from where it was, in every frame as it is painted:
# our observer is called after the timeline's own. Between frames we would see what nobody ever sees.
WATCH = """() => {
  const box = document.getElementById("timeline");
  const edge = () => box.getBoundingClientRect().top;
  const isBelow = (each) => each.getBoundingClientRect().top >= edge();
  const { id } = [...box.querySelectorAll("#messages > .message")].find(isBelow);
  const offset = () => document.getElementById(id).getBoundingClientRect().top - edge();
  const sizes = () => [box.scrollHeight, box.clientHeight, box.clientWidth].join();
  const before = offset();
  const watch = (window.watch = { worst: 0, frames: 0, began: box.scrollHeight });
  const sample = () => (watch.worst = Math.max(watch.worst, Math.abs(offset() - before)));
  let painted = sizes();
  watch.observer = new ResizeObserver(() => {
    painted = sizes();
    sample();
  });
  for (const part of [box, ...box.children]) watch.observer.observe(part);
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => {
    if (sizes() === painted) sample();
    watch.frames += 1;
    if (!watch.isOver) requestAnimationFrame(() => port2.postMessage(null));
  };
  port2.postMessage(null);
}"""
SETTLED = (
    "() => { window.watch.settled ??= window.watch.frames + 5; return window.watch.frames >= window.watch.settled; }"
)
ENDED = """() => {
  window.watch.isOver = true;
  window.watch.observer.disconnect();
  return [window.watch.worst, document.getElementById("timeline").scrollHeight - window.watch.began];
}"""
PICTURE = """async () => {
  const picture = document.createElement("img");
  picture.src = document.querySelector(".avatar img").src;
  document.querySelector("#messages > .message .message-body").append(picture);
  await picture.decode();
}"""
TO_END = """async (box) => {
  box.scrollTop = box.scrollHeight;
  for (let frames = 0; frames < 2; frames += 1) await new Promise(requestAnimationFrame);
}"""
AT_END = """() => {
  const box = document.getElementById("timeline");
  return box.scrollHeight - box.clientHeight - box.scrollTop < 2;
}"""
LETTERS = "size => { document.documentElement.style.fontSize = size }"


def moved(page: Page, change: Callable[[], object]) -> float:
    """How far the anchor moved while `change`, which makes the room taller or shorter, happened."""
    page.evaluate(WATCH)
    change()
    page.wait_for_function(SETTLED)
    worst, grown = page.evaluate(ENDED)
    assert abs(grown) > 20, "nothing happened"
    return float(worst)


def test_nothing_moves_what_is_read(product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(product, "ada", "bo")
    fill(product, slug, 180)
    ada, elsewhere = visit(product, "ada", viewport={"width": 1280, "height": 640}).enter(slug), visit(product, "ada")
    page, box = ada.page, ada.page.locator("#timeline")

    held: list[Route] = []

    def older() -> None:
        count = ada.messages.count()
        held.pop().continue_()
        page.wait_for_function("count => document.querySelectorAll('#messages > .message').length > count", arg=count)

    def edit() -> None:
        own = page.locator("#messages > .message.is-mine").first
        number = own.get_attribute("data-message-id")
        elsewhere.post_form(f"/rooms/{slug}/messages/{number}/edit/", {"body": "Many lines\n\n" * 20})
        expect(own).to_contain_text("Many lines")

    def delete() -> None:
        own = page.locator("#messages > .message.is-mine").first
        number = own.get_attribute("data-message-id")
        elsewhere.post_form(f"/rooms/{slug}/messages/{number}/delete/", {})
        expect(own).to_have_class(re.compile("is-deleted"))

    # It is to come while one looks, and not before.
    page.route("**/messages/?before=*", lambda route: held.append(route), times=1)
    box.evaluate("box => { box.scrollTop = 2 }")
    while not held:
        page.wait_for_timeout(20)
    assert moved(page, older) <= 1, "an older page came"
    page.locator("#messages > .message").nth(-30).evaluate("row => row.scrollIntoView({ block: 'start' })")
    assert moved(page, lambda: page.evaluate(PICTURE)) <= 1, "a picture above was loaded"
    assert moved(page, edit) <= 1, "a message above was edited"
    assert moved(page, delete) <= 1, "a message above was deleted"
    assert moved(page, lambda: page.evaluate(LETTERS, "137%")) <= 1, "larger letters"
    assert moved(page, lambda: page.set_viewport_size({"width": 420, "height": 640})) <= 1, "a narrow window"
    assert moved(page, lambda: page.evaluate(LETTERS, "")) <= 1, "the usual letters"
    assert moved(page, lambda: page.set_viewport_size({"width": 1280, "height": 400})) <= 1, "a wide, low window"

    box.evaluate(TO_END)
    for change in (
        lambda: page.evaluate(LETTERS, "137%"),
        lambda: page.set_viewport_size({"width": 420, "height": 640}),
    ):
        change()
        page.wait_for_function(AT_END)
