"""Which pages are pictured, for whom, and what is done on them before the picture is taken."""

from functools import partial

from chat.management import screen_accounts as accounts
from chat.management import screen_rooms as rooms
from chat.management.screen_stage import Scene
from chatsite.testing.provider import Somebody

# Where pictures are taken: an empty site, the town, the same with more in it, where people come and go while it is
# pictured, the town with mail and other ways to sign in, and by invitation.
SITES: dict[str, dict[str, str]] = {
    "empty": {},
    "town": {},
    "busy": {},
    "ways": {},  # and what the tests' mail server and providers need
    "invited": {"SIGNUP": "invite"},
}
# Whom the providers of "ways" tell of: somebody with an address that an account in the town has.
AT_PROVIDER = Somebody(name="Ada L.", login="ada-l", email="ada@town.example")
# People who have the town hall open while its pictures are taken.
COMPANY = ("bo", "chiara", "goro", "lena", "nour")
HALL, PIER = "/rooms/town-hall/", "/rooms/new-pier/"
GERMAN = {"locale": "de-DE"}
THUMB = {"has_touch": True, "is_mobile": True}
ADD_PASSKEY = "/accounts/2fa/webauthn/add/"
PAIR = (360, 1280)  # a phone and a desk
TALL = 1500
THEMES = ("light", "dark")

SCENES = (
    Scene("welcome", "/", handle=""),
    Scene("set-up", "/", handle="", site="empty"),
    Scene("sign-up", "/accounts/signup/", handle=""),
    Scene("directory", "/"),
    Scene("new-room", "/rooms/new/"),
    Scene("members", "/rooms/town-hall/members/"),
    Scene("member-menu", "/rooms/town-hall/members/", act=rooms.open_member_menu, widths=PAIR),
    Scene("restrict", "/rooms/town-hall/members/", act=rooms.restrict_bo, widths=PAIR),
    Scene("moderation", "/rooms/town-hall/moderation/", widths=PAIR),
    Scene("hide", HALL, act=rooms.hide_in_place, widths=PAIR),
    Scene("muted", HALL, handle="otto", act=rooms.live, widths=PAIR),
    Scene("desk", "/admin/", widths=PAIR, tall=True),
    Scene("desk-log", "/admin/chat/message/?room=town-hall", widths=PAIR, tall=True),
    Scene("desk-person", "/admin/accounts/user/", act=accounts.open_otto, widths=PAIR, tall=True),
    Scene("desk-audit", "/admin/chat/auditentry/", widths=PAIR, tall=True),
    Scene("settings", "/settings/", tall=True),
    Scene("sign-in", "/accounts/login/", handle="", site="ways", widths=PAIR),
    Scene("email", "/accounts/email/", act=accounts.prove_it, widths=PAIR),
    Scene("password", "/accounts/password/change/", widths=PAIR),
    Scene("prove", "/accounts/reauthenticate/", widths=PAIR),
    Scene("factors", "/accounts/2fa/", widths=PAIR),
    Scene("factor-app", "/accounts/2fa/totp/activate/", act=accounts.prove_it, widths=PAIR, tall=True),
    Scene("factor-passkey", ADD_PASSKEY, act=accounts.prove_it, widths=PAIR),
    Scene("rename-passkey", ADD_PASSKEY, handle="chiara", act=accounts.rename_passkey, widths=PAIR),
    Scene("recovery-codes", "/accounts/2fa/totp/activate/", handle="priya", act=accounts.add_app, widths=PAIR),
    Scene("factors-on", "/accounts/2fa/totp/activate/", handle="priya", act=accounts.show_factors, widths=PAIR),
    Scene("second-step", "/accounts/login/", handle="", act=accounts.half_way_in, widths=PAIR),
    Scene("sessions", "/accounts/sessions/", widths=PAIR),
    Scene("sessions-two", "/accounts/login/", handle="", act=accounts.sign_in_twice, widths=PAIR),
    Scene("reset", "/accounts/password/reset/", handle="", site="ways", widths=PAIR),
    Scene("reset-without-mail", "/accounts/password/reset/", handle="", widths=PAIR),
    Scene("reset-sent", "/accounts/password/reset/done/", handle="", site="ways", widths=PAIR),
    Scene("reset-link", "/admin/accounts/user/", act=accounts.make_reset_link, widths=PAIR),
    Scene("new-password", "/admin/accounts/user/", act=accounts.follow_reset_link, widths=PAIR),
    Scene("sign-in-code", "/accounts/login/code/", handle="", site="ways", widths=PAIR),
    Scene("sign-up-with-mail", "/accounts/signup/", handle="", site="ways", widths=PAIR),
    Scene("mail-sent", "/accounts/confirm-email/", handle="", site="ways", widths=PAIR),
    Scene("confirm-email", "/accounts/email/", site="ways", play=accounts.follow_confirmation, widths=PAIR),
    Scene("sign-up-by-invitation", "/accounts/signup/", handle="", site="invited", widths=PAIR),
    Scene("sign-in-again", "/accounts/reauthenticate/again/", widths=PAIR),
    Scene(
        "provider-cancelled",
        "/accounts/login/",
        handle="",
        site="ways",
        act=accounts.cancel_there,
        widths=PAIR,
    ),
    Scene("address-taken", "/accounts/login/", handle="", site="ways", act=accounts.to_provider, widths=PAIR),
    Scene("provider-down", "/accounts/login/", handle="", site="ways", play=accounts.find_it_down, widths=PAIR),
    Scene("first-time", "/accounts/login/", handle="", site="ways", act=accounts.come_first_time, widths=PAIR),
    Scene("inactive", "/accounts/inactive/", handle="", widths=PAIR),
    Scene("connections", "/accounts/3rdparty/", act=accounts.prove_it, site="ways", widths=PAIR),
    Scene("invite-to-site", "/settings/invites/", widths=PAIR),
    Scene("invite-to-room", "/rooms/town-hall/invites/", widths=PAIR),
    Scene("invited", "/rooms/town-hall/invites/", act=rooms.follow_invite, widths=PAIR),
    Scene("invite-dead", "/join/1-0000/", handle="", widths=PAIR),
    Scene("my-data", "/settings/data/", act=accounts.prove_it, widths=PAIR),
    Scene("my-data-making", "/settings/data/", handle="hana", play=accounts.begin_copy, widths=PAIR),
    Scene("my-data-ready", "/settings/data/", handle="mateo", act=accounts.make_copy, widths=PAIR),
    Scene("delete-account", "/settings/delete/", act=accounts.prove_it, widths=PAIR),
    Scene("person", "/people/bo/", widths=PAIR),
    Scene("not-found", "/rooms/no-such-room/"),
    Scene("outside", "/rooms/chess-by-post/"),
    Scene("empty-room", PIER, act=rooms.live),
    Scene("room", HALL, act=rooms.live),
    Scene("unread", "/rooms/market-square/", act=rooms.live),
    Scene("states", HALL, act=rooms.show_every_state, tall=True, frozen=True),
    Scene("delete", HALL, act=rooms.ask_delete, widths=PAIR),
    Scene("linked", HALL, act=rooms.follow_link, widths=PAIR),
    Scene("sheet", HALL, act=rooms.press_long, widths=(360,), window=THUMB),
    Scene("drawer", HALL, act=rooms.open_drawer, widths=(360,)),
    Scene("people", HALL, act=rooms.open_people, widths=(360, 768)),
    Scene("palette", HALL, act=rooms.open_palette, widths=PAIR),
    Scene("keys", HALL, act=rooms.open_keys, widths=PAIR),
    Scene("completion", HALL, act=rooms.name_somebody, widths=PAIR),
    Scene("over-limit", HALL, act=rooms.say_too_much, widths=PAIR),
    Scene("opening", HALL, act=rooms.wait_for_room, widths=PAIR),
    Scene("not-opened", HALL, act=rooms.find_no_room, widths=PAIR),
    Scene("offline-page", HALL, act=rooms.start_offline, site="busy", widths=PAIR),
    Scene("loading", "/rooms/harbour/", act=rooms.wait_for_older, widths=PAIR),
    Scene("german", HALL, act=rooms.live, window=GERMAN),
    Scene("settings-german", "/settings/", widths=PAIR, tall=True, window=GERMAN),
    Scene("sign-up-german", "/accounts/signup/", handle="", widths=PAIR, window=GERMAN),
    Scene("colours-forced", HALL, act=rooms.live, widths=PAIR, window={"forced_colors": "active"}),
    Scene("without-script", HALL, widths=PAIR, window={"java_script_enabled": False}),
    Scene("not-yours", "/rooms/town-hall/settings/", handle="otto", widths=PAIR),
    Scene("wrong-host", "/", handle="", act=rooms.come_by_another_name, widths=PAIR),
    Scene("no-rooms", "/accounts/signup/", handle="", act=rooms.sign_up, site="busy", widths=PAIR),
    Scene("news", HALL, play=rooms.be_told_more, site="busy", widths=PAIR),
    Scene("mention", HALL, play=rooms.be_named, site="busy", widths=PAIR),
    Scene("archived", "/rooms/repair-cafe/", act=rooms.live, site="busy", widths=PAIR),
    Scene("long-names", "/", act=partial(rooms.enter_by_name, words="Donau"), site="busy"),
    Scene("right-to-left", "/", act=partial(rooms.enter_by_name, words="رصيف"), site="busy", widths=PAIR),
    Scene("our-fault", "/rooms/library/", site="busy", widths=PAIR),
    Scene("offline", HALL, play=rooms.lose_the_server, site="busy", widths=PAIR),
    Scene("back", HALL, play=rooms.find_it_again, site="busy", widths=PAIR),
)

# Kept in the repository, in docs/screens/: scene, width, theme.
CHOSEN = (
    ("room", 1280, "light"),
    ("room", 1280, "dark"),
    ("room", 1920, "light"),
    ("room", 768, "light"),
    ("room", 360, "dark"),
    ("unread", 1280, "light"),
    ("states", 1280, "light"),
    ("news", 1280, "dark"),
    ("offline", 360, "light"),
    ("palette", 1280, "light"),
    ("keys", 1280, "dark"),
    ("completion", 1280, "light"),
    ("drawer", 360, "light"),
    ("sheet", 360, "dark"),
    ("over-limit", 360, "light"),
    ("long-names", 360, "dark"),
    ("right-to-left", 1280, "light"),
    ("german", 1280, "light"),
    ("colours-forced", 1280, "dark"),
    ("welcome", 1280, "light"),
    ("welcome", 360, "dark"),
    ("set-up", 1280, "dark"),
    ("directory", 1280, "light"),
    ("empty-room", 768, "dark"),
    ("hide", 1280, "light"),
    ("muted", 360, "dark"),
    ("our-fault", 360, "light"),
    ("settings", 1280, "light"),
    ("sign-in", 360, "dark"),
    ("sessions-two", 360, "light"),
    ("factors-on", 360, "light"),
    ("invite-to-room", 1280, "light"),
    ("desk", 1280, "dark"),
    ("desk-log", 1280, "light"),
)
