"""Which test files begin and which end: one that takes long and began last would be waited for by all processes."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# By the time they take, the longest first; all others follow in their own order.
LONGEST = (
    *("chat/tests/browser/test_frame.py", "chat/tests/browser/test_outbox.py", "chat/tests/browser/test_recovery.py"),
    "chat/tests/browser/test_outbox_tabs.py",
    *("chat/tests/browser/test_half_hour.py", "chat/tests/browser/test_moderation.py"),
    *("chat/tests/browser/test_admin_look.py", "chat/tests/browser/test_shell.py"),
    *("chat/tests/browser/test_social.py", "chat/tests/browser/test_composer.py", "chat/tests/browser/test_look.py"),
    *("chat/tests/browser/test_two_people.py", "chat/tests/browser/test_admin_log.py"),
    *("chat/tests/browser/test_sessions.py", "chat/tests/browser/test_keyboard.py"),
    # These mostly wait, and the others have the processors meanwhile.
    *("chat/tests/chaos/test_chaos_on_postgres.py", "chat/tests/live/test_processes.py"),
    *("chat/tests/live/test_frame.py", "chat/tests/chaos/test_chaos.py"),
    # It counts its server's own processor time, so whatever runs beside it may.
    "chat/tests/live/test_storm.py",
    *("chat/tests/live/test_trouble_postgres.py", "chat/tests/live/test_trouble.py"),
    *("chatsite/tests/test_serve.py", "chatsite/tests/test_backup.py", "chat/tests/live/test_bounds.py"),
    *("chat/tests/live/test_crew.py", "chat/tests/live/test_catch_up.py"),
    *("chatsite/tests/test_daphne.py", "chat/tests/live/test_flood.py", "chat/tests/model/test_actions_machine.py"),
    *("chat/tests/live/test_worker.py", "accounts/tests/test_providers.py", "chat/tests/live/test_presence.py"),
    *("chat/tests/attacks/test_others_things.py", "chat/tests/attacks/test_words.py", "chatsite/tests/test_doctor.py"),
    *("chat/tests/attacks/test_requests.py", "chat/tests/attacks/test_desk.py", "chat/tests/live/test_rights.py"),
    *(
        "bench/tests/test_guard.py",
        "bench/tests/test_bench.py",
        "bench/tests/test_desk.py",
        "chat/tests/attacks/test_fuzz.py",
        "chatsite/tests/test_servers.py",
        "chat/tests/doors/test_url_table.py",
    ),
)
# It measures how quick something is: at the end, when hardly anything runs beside it.
MEASURING = ("chat/tests/browser/test_big_room.py",)

_RANKS = {ROOT / path: rank for rank, path in enumerate(LONGEST)}
_RANKS.update({ROOT / path: len(LONGEST) + 1 for path in MEASURING})


def rank(path: Path) -> int:
    """What to sort test files by."""
    return _RANKS.get(path, len(LONGEST))
