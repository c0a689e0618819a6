"""A socket line that a test can cut and mend."""

from playwright.sync_api import WebSocketRoute

from chat.tests.browser.visitor import Visitor


class Line:
    """A visitor's way to the server's socket, which the test can cut and mend; pages still come through."""

    def __init__(self, visitor: Visitor) -> None:
        self.is_cut = False
        self.code: int | None = 3000
        self.open: list[WebSocketRoute] = []
        self.opened = 0
        visitor.page.route_web_socket("**/ws/", self._opened)

    def _opened(self, route: WebSocketRoute) -> None:
        self.opened += 1
        if self.is_cut:
            route.close(code=self.code)
            return
        route.connect_to_server()
        self.open.append(route)

    def cut(self, code: int = 3000) -> None:
        self.is_cut, self.code = True, code
        while self.open:
            self.open.pop().close(code=code)

    def mend(self) -> None:
        self.is_cut = False
