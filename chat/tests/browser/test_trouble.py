"""What somebody writes while the database can take nothing stays theirs, and goes when it can."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from chat.tests.browser.conftest import Visit
from chat.tests.browser.product import Product
from chat.tests.live.troubled import HERE, locked
from chatsite.testing.servers import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize("own_product", [{"DJANGO_SETTINGS_MODULE": HERE, "LOG_FORMAT": "json"}], indirect=True)
def test_words_wait_for_a_locked_database(own_product: Product, visit: Visit, make_room: Callable[..., str]) -> None:
    slug = make_room(own_product, "ada", "bo")
    ada, bo = visit(own_product, "ada").enter(slug), visit(own_product, "bo").enter(slug)
    with locked(own_product.data):
        for words in ("first", "second"):
            ada.say(words)
        assert wait_until(lambda: "database is locked" in own_product.log)
        expect(ada.bubbles).to_have_count(2)
        expect(ada.page.locator("#pending .is-failed")).to_have_count(0)
        assert bo.texts() == []
    expect(bo.message("second")).to_be_visible()
    expect(ada.message("second")).to_be_visible()
    expect(ada.bubbles).to_have_count(0)
    assert ada.texts() == bo.texts() == ["first", "second"]
