"""What browsers call themselves, in the words of people."""

import pytest

from accounts.devices import device

KIT, LIKE = "AppleWebKit/537.36 (KHTML, like Gecko)", "Safari/537.36"
WINDOWS, MAC = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Mozilla/5.0 (Macintosh; Intel Mac OS X 14_5)"
PIXEL, IPHONE = "Mozilla/5.0 (Linux; Android 14; Pixel 8)", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
KNOWN = {
    f"{WINDOWS} {KIT} Chrome/126.0.0.0 {LIKE}": "Chrome on Windows",
    f"{WINDOWS} {KIT} Chrome/126.0.0.0 {LIKE} Edg/126.0.0.0": "Edge on Windows",
    f"{WINDOWS} {KIT} Chrome/126.0.0.0 {LIKE} OPR/111.0.0.0": "Opera on Windows",
    f"{MAC} {KIT} Version/17.5 {LIKE}": "Safari on Mac",
    f"{MAC} {KIT} Chrome/126.0.0.0 {LIKE}": "Chrome on Mac",
    f"{PIXEL} {KIT} Chrome/126.0.0.0 Mobile {LIKE}": "Chrome on Android",
    f"{PIXEL} {KIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile {LIKE}": "Samsung Internet on Android",
    "Mozilla/5.0 (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0": "Firefox on Android",
    f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1": "Safari on iPhone",
    f"{IPHONE} AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 Mobile/15E148 Safari/604.1": "Chrome on iPhone",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0": "Firefox on Linux",
    f"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {KIT} Chrome/126.0.0.0 {LIKE}": "Chrome on ChromeOS",
    "curl/8.5.0": "curl",
    "python-requests/2.32": "A program",
    "Mozilla/5.0 (iPad; U)": "iPad",
    "": "Unknown device",
    "Mozilla/5.0": "Unknown device",
}


@pytest.mark.parametrize(("agent", "words"), KNOWN.items(), ids=[f"{n}" for n in range(len(KNOWN))])
def test_a_device_by_its_name(agent: str, words: str) -> None:
    assert device(agent) == words
