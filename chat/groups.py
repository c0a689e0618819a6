"""The two groups every site begins with. Who is in one still needs the staff mark to enter the admin."""

from typing import Any

MODERATORS, ADMINISTRATORS = "Site moderators", "Site administrators"

KEEPING_ORDER = (
    (
        "chat",
        "restriction",
        "moderate_site",
        "Can keep order on the whole site: hide, restore, remove, mute, ban, lift",
    ),
    ("chat", "opening", "open_private_room", "Can open a private room, with a reason that its members read"),
    *(
        ("chat", model, f"view_{model}", f"Can view {name}")
        for model, name in (
            ("auditentry", "audit entry"),
            ("connection", "connection"),
            ("invite", "invitation"),
            ("membership", "membership"),
            ("message", "message"),
            ("opening", "opening"),
            ("restriction", "restriction"),
            ("room", "room"),
        )
    ),
    ("accounts", "user", "view_user", "Can view person"),
)
LETTING_IN = (
    ("accounts", "user", "add_user", "Can add person"),
    ("accounts", "user", "change_user", "Can change person"),
    ("chat", "invite", "invite_people", "Can invite people to the site"),
)
RIGHTS = {MODERATORS: KEEPING_ORDER, ADMINISTRATORS: KEEPING_ORDER + LETTING_IN}


def make_groups(apps: Any) -> None:
    """Both groups with their rights, which Django itself makes only after the last migration.

    `apps` is a registry of models: a migration's, or the present one.
    """
    group_model = apps.get_model("auth", "Group")
    for name, rights in RIGHTS.items():
        group, _is_new = group_model.objects.get_or_create(name=name)
        group.permissions.add(*(_right(apps, *right) for right in rights))


def _right(apps: Any, app: str, model: str, codename: str, name: str) -> Any:
    kind, _is_new = apps.get_model("contenttypes", "ContentType").objects.get_or_create(app_label=app, model=model)
    rights = apps.get_model("auth", "Permission").objects
    return rights.get_or_create(content_type=kind, codename=codename, defaults={"name": name})[0]
