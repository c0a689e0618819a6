"""Watches a browser context for what its Content Security Policy had to stop: nothing ever should."""

from playwright.sync_api import BrowserContext, ConsoleMessage

MARK = "securitypolicyviolation"
WATCH = f"""
addEventListener("{MARK}", ({{ effectiveDirective, blockedURI, sourceFile, lineNumber }}) =>
  console.error("{MARK}", effectiveDirective, blockedURI, sourceFile, lineNumber), true);
"""


def watch(context: BrowserContext) -> list[str]:
    """The list that violations go to, in words; Chromium's own lines about them too, since scripts may be off."""
    violations: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        if is_violation(message):
            violations.append(f"{message.text} ({message.page.url if message.page else ''})")

    context.add_init_script(WATCH)
    context.on("console", heard)
    return violations


def is_violation(message: ConsoleMessage) -> bool:
    return MARK in message.text or "Content Security Policy" in message.text
