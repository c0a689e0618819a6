"""The journal alone, as two tabs of one person see it: order, turns, drafts, and what is left after signing out."""

import pytest
from playwright.sync_api import Page

from chat.tests.browser.modules import open_modules, run

pytestmark = pytest.mark.browser

BEGIN = """
  window.one = new m.Journal(1); window.two = new m.Journal(1); window.hers = new m.Journal(2);
  window.news = [];
  two.on("told", (told) => news.push(told));
  window.entry = (clientId, room = 7) => ({ clientId, room, url: "/", body: clientId, at: Date.now() });
  window.ids = async (journal) => (await journal.all()).map(({ clientId, state }) => [clientId, state]);
"""


@pytest.fixture
def tabs(page: Page) -> Page:
    open_modules(page)
    run(page, "journal", BEGIN)
    return page


def test_the_order_is_that_of_all_tabs_and_each_person_has_his_own(tabs: Page) -> None:
    tabs.evaluate("Promise.all([one.add(entry('a')), two.add(entry('b')), hers.add(entry('x')), one.add(entry('c'))])")
    assert tabs.evaluate("ids(two)") == [["a", "waiting"], ["b", "waiting"], ["c", "waiting"]]
    assert tabs.evaluate("ids(hers)") == [["x", "waiting"]]


def test_one_tab_has_the_turn_of_a_room_until_it_gives_it_up(tabs: Page) -> None:
    tabs.evaluate("one.add(entry('a'))")
    firsts = tabs.evaluate("Promise.all([one.take(7), two.take(7)])")
    assert [[*turn] for turn in firsts] == [["entries"], ["until"]]
    assert "entries" in tabs.evaluate("two.take(8)"), "another room is another turn"
    assert "entries" in tabs.evaluate("hers.take(7)"), "and so is another person's"
    tabs.evaluate("two.release(7)")
    assert "until" in tabs.evaluate("two.take(7)"), "nobody gives up another's"
    tabs.evaluate("one.settle({ room: 7, clientId: 'a' }, null, { stored: 'a', message: 5 })")
    assert tabs.evaluate("two.take(7)") == {"entries": []}
    tabs.wait_for_function("news.length === 2")
    assert tabs.evaluate("news") == [{"user": 1}, {"user": 1, "free": 7, "stored": "a", "message": 5}]


def test_the_turn_of_a_dead_tab_lapses_and_a_renewed_one_does_not(tabs: Page) -> None:
    tabs.evaluate("one.take(7)")
    later = "(ms) => { const now = Date.now() + ms; Date.now = () => now; }"
    tabs.evaluate(later, 9_000)
    assert "until" in tabs.evaluate("two.take(7)")
    tabs.evaluate("one.take(7)")
    tabs.evaluate(later, 9_000)
    assert "until" in tabs.evaluate("two.take(7)")
    tabs.evaluate(later, 2_000)
    assert "entries" in tabs.evaluate("two.take(7)")


def test_a_clock_put_back_holds_nobody_up(tabs: Page) -> None:
    tabs.evaluate("one.take(7)")
    tabs.evaluate("() => { const now = Date.now() - 3_600_000; Date.now = () => now; }")
    assert "entries" in tabs.evaluate("two.take(7)")


def test_a_refusal_is_kept_and_what_was_discarded_does_not_come_back(tabs: Page) -> None:
    tabs.evaluate("Promise.all([one.add(entry('a')), one.add(entry('b'))])")
    tabs.evaluate("one.settle({ room: 7, clientId: 'a' }, { state: 'failed', detail: 'no' })")
    tabs.evaluate("two.change('b', null)")
    tabs.evaluate("one.settle({ room: 7, clientId: 'b' }, { state: 'failed', detail: 'no' })")
    assert tabs.evaluate("ids(two)") == [["a", "failed"]]


def test_of_many_drafts_the_last_is_kept_and_what_is_said_takes_its_place(tabs: Page) -> None:
    tabs.evaluate("Promise.all(['h', 'ha', 'hal', 'half'].map((words, at) => one.setDraft(7, { words, at })))")
    tabs.evaluate("hers.setDraft(7, { words: 'hers', at: 1 })")
    assert tabs.evaluate("two.draft(7)") == {"user": 1, "room": 7, "words": "half", "at": 3}
    assert tabs.evaluate("two.drafts()") == ["half"]
    tabs.evaluate("one.add(entry('half'))")
    assert (tabs.evaluate("two.draft(7)")["words"], tabs.evaluate("two.drafts()")) == ("", [])


STORE = """
  const { Journal } = await import("/js/journal.js");
  window.journal = new Journal(1); window.store = new m.Store(1, journal); window.m = m;
"""


@pytest.fixture
def desk(page: Page) -> Page:
    open_modules(page)
    run(page, "store", STORE)
    return page


def test_after_a_crash_the_disk_knows_better_than_a_draft_that_was_not_written(desk: Page) -> None:
    desk.evaluate("store.setDraft(7, 'half a')")
    assert (desk.evaluate("store.draft(7)"), desk.evaluate("store.laterDraft(7)")) == ("half a", None)
    before = desk.evaluate("localStorage['chat.1.draft.7']")
    desk.evaluate("new Promise((resolve) => setTimeout(resolve, 2))")
    desk.evaluate("store.setDraft(7, 'half a thought')")
    desk.wait_for_function("journal.draft(7).then(({ words }) => words === 'half a thought')")
    desk.evaluate("(before) => { localStorage['chat.1.draft.7'] = before; }", before)
    assert desk.evaluate("store.laterDraft(7)") == "half a thought"


def test_what_is_said_stays_the_draft_until_it_is_on_disk(desk: Page) -> None:
    desk.evaluate("() => { store.hold(7, 'said'); store.setDraft(7, ''); }")
    assert desk.evaluate("store.draft(7)") == "said"
    desk.evaluate("store.setDraft(7, 'typed on')")
    assert desk.evaluate("store.draft(7)") == "said\ntyped on"
    desk.evaluate("store.letGo(7, 'typed on')")
    assert desk.evaluate("store.draft(7)") == "typed on"


def test_signing_out_leaves_nothing_and_nothing_is_written_after(desk: Page) -> None:
    desk.evaluate("journal.add({ clientId: 'a', room: 7, url: '/', body: 'a', at: 1 })")
    desk.evaluate("() => { store.setDraft(7, 'half'); store.setChoice('people', 'open'); }")
    desk.wait_for_function("journal.drafts().then((all) => all.length === 1)")
    desk.evaluate("m.forgetAll()")
    desk.evaluate("() => { store.setDraft(7, 'half a'); store.setChoice('people', 'closed'); }")
    assert desk.evaluate("journal.add({ clientId: 'b', room: 7, url: '/', body: 'b', at: 1 })") is None
    left = "() => Object.keys(localStorage).filter((key) => key.startsWith('chat.'))"
    assert desk.evaluate(left) == []
    desk.evaluate("journal.resume()")
    assert (desk.evaluate("journal.all()"), desk.evaluate("journal.drafts()")) == ([], [])


def test_what_is_written_before_the_word_of_another_tabs_sign_out_arrives_is_not_kept(desk: Page) -> None:
    desk.evaluate("journal.add({ clientId: 'a', room: 7, url: '/', body: 'a', at: 1 })")
    desk.evaluate("import('/js/disk.js').then(({ wipeDisk }) => wipeDisk())")  # the other tab's; its word is on the way
    desk.evaluate("store.setDraft(7, 'half')")
    assert desk.evaluate("localStorage['chat.1.draft.7']"), "the premise: it does not know yet"
    assert desk.evaluate("journal.add({ clientId: 'b', room: 7, url: '/', body: 'b', at: 1 })") is None
    desk.evaluate("() => { localStorage['chat.2.draft.7'] = 'whoever came next'; }")
    desk.evaluate("dispatchEvent(new Event('left.chat'))")
    left = "() => Object.keys(localStorage).filter((key) => key.startsWith('chat.'))"
    assert desk.evaluate(left) == ["chat.2.draft.7"]
    desk.evaluate("journal.resume()")
    assert (desk.evaluate("journal.all()"), desk.evaluate("journal.drafts()")) == ([], [])
    desk.evaluate("journal.add({ clientId: 'c', room: 7, url: '/', body: 'c', at: 1 })")
    assert len(desk.evaluate("journal.all()")) == 1


@pytest.mark.parametrize("fault", ["throw new DOMException('no', 'SecurityError')", "return { open: () => ({}) }"])
def test_without_a_disk_every_answer_is_null(page: Page, fault: str) -> None:
    """Forbidden, or one that never answers."""
    page.clock.install()
    page.add_init_script(f"Object.defineProperty(window, 'indexedDB', {{ get() {{ {fault}; }} }})")
    open_modules(page)
    run(page, "journal", BEGIN)
    page.evaluate("() => { window.asked = Promise.all([one.add(entry('a')), one.all(), one.take(7), one.draft(7)]); }")
    page.clock.run_for(4_000)
    assert page.evaluate("asked") == [None] * 4


SENDER = """
  const { Journal } = await import("/js/journal.js");
  const { Outbox } = await import("/js/outbox.js");
  const { Signals } = await import("/js/signals.js");
  const { Refused } = await import("/js/http.js");
  window.socket = Object.assign(new Signals(), { isReady: true, hasEnded: false, downSince: 0, sent: [] });
  socket.request = ({ body }) => new Promise((resolve, reject) => socket.sent.push({ body, resolve, reject }));
  window.journal = new Journal(1);
  window.sender = new m.Sender({ outbox: new Outbox(), journal, socket, user: 1 });
  window.Refused = Refused;
  window.bodies = () => socket.sent.map(({ body }) => body);
  window.states = () => sender.outbox.entries.map(({ body, state, detail }) => [body, state, detail]);
  await sender.start();
"""


@pytest.fixture
def sender(page: Page) -> Page:
    open_modules(page)
    run(page, "sender", SENDER)
    return page


def said(page: Page, *bodies: str) -> None:
    """And the first is on its way."""
    page.evaluate("(bodies) => Promise.all(bodies.map((body) => sender.say(7, '/rooms/x/messages/', body)))", bodies)
    page.wait_for_function("socket.sent.length > 0")


def test_one_is_under_way_and_its_answer_sends_the_next(sender: Page) -> None:
    said(sender, "a", "b")
    assert sender.evaluate("bodies()") == ["a"]
    sender.evaluate("socket.sent[0].resolve({ message: 5 })")
    sender.wait_for_function("socket.sent.length === 2")
    assert sender.evaluate("states()") == [["a", "stored", ""], ["b", "waiting", ""]]
    assert [entry["body"] for entry in sender.evaluate("journal.all()")] == ["b"]


def test_the_message_itself_is_answer_enough(sender: Page) -> None:
    said(sender, "a")
    sender.evaluate("sender.arrived(sender.outbox.entries[0].clientId, 5)")
    assert sender.evaluate("states()") == [["a", "stored", ""]]
    sender.wait_for_function("journal.all().then((all) => all.length === 0)")


@pytest.mark.parametrize("code", ["unavailable", "unauthenticated", "rate_limited", "no answer of ours"])
def test_not_now_is_no_refusal(sender: Page, code: str) -> None:
    said(sender, "a", "b")
    fault = (
        "resolve({})" if code == "no answer of ours" else f"reject(new Refused({{ code: '{code}', detail: 'later' }}))"
    )
    sender.evaluate(f"socket.sent[0].{fault}")
    sender.wait_for_function("socket.sent.length === 2")
    assert sender.evaluate("bodies()") == ["a", "a"], "the same again, before what came after it"


def test_told_when_to_come_again_it_waits_so_long(sender: Page) -> None:
    said(sender, "a")
    sender.evaluate("socket.sent[0].reject(new Refused({ code: 'rate_limited', retry_after: 12 }))")
    wait = sender.wait_for_function("sender.outbox.wait(Date.now())").json_value()
    assert 11_000 < wait <= 12_500
    sender.evaluate("socket.emit('ready')")
    assert sender.evaluate("bodies()") == ["a"], "and no new line changes that"


def test_a_refusal_is_kept_with_its_reason_and_the_next_one_passes(sender: Page) -> None:
    said(sender, "a", "b")
    sender.evaluate("socket.sent[0].reject(new Refused({ code: 'forbidden', detail: 'You are muted.' }))")
    sender.wait_for_function("socket.sent.length === 2")
    assert sender.evaluate("states()") == [["a", "failed", "You are muted."], ["b", "waiting", ""]]
    kept = [(entry["state"], entry["detail"]) for entry in sender.evaluate("journal.all()")]
    assert kept == [("failed", "You are muted."), ("waiting", "")]


def test_after_signing_out_nothing_more_is_sent(sender: Page) -> None:
    said(sender, "a", "b")
    sender.evaluate("import('/js/store.js').then(({ forgetAll }) => forgetAll())")
    sender.evaluate("socket.sent[0].reject(new Refused({}))")
    sender.evaluate("socket.emit('ready')")
    sender.wait_for_timeout(300)
    assert (sender.evaluate("bodies()"), sender.evaluate("states()")) == (["a"], [])


HOLE = """
  window.asked = [];
  window.fetch = (url, { signal, body }) => new Promise((_, reject) => {
    asked.push(String(body));
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  socket.isReady = false;
"""


def test_a_request_into_a_hole_does_not_hold_up_the_line_that_is_back(sender: Page) -> None:
    sender.evaluate(HOLE)
    sender.evaluate("sender.say(7, '/rooms/x/messages/', 'a')")
    sender.wait_for_function("asked.length === 1")
    sender.evaluate("() => { socket.isReady = true; socket.emit('ready'); }")
    sender.wait_for_function("socket.sent.length === 1", timeout=8_000)
    assert "written_by=1" in sender.evaluate("asked[0]")


def test_nor_does_it_hang_for_ever(page: Page) -> None:
    page.clock.install()
    open_modules(page)
    run(page, "sender", SENDER)
    page.evaluate(HOLE)
    page.evaluate("() => { sender.on('unreached', () => asked.push('unreached')); }")
    page.evaluate("sender.say(7, '/rooms/x/messages/', 'a')")
    page.wait_for_function("asked.length === 1")
    page.clock.run_for(16_000)
    page.wait_for_function("asked.length >= 2")
    assert page.evaluate("asked[1]") == "unreached"
