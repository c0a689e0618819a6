"""What Django and allauth leave in English, or say stiffly: named here, so that our catalogs have it."""

from django.utils.translation import gettext_noop

BORROWED = (
    gettext_noop("After you’ve created a user, you’ll be able to edit more user options."),
    gettext_noop("Disabled"),
    gettext_noop("Enabled"),
    gettext_noop("Password-based authentication"),
    gettext_noop("You cannot activate two-factor authentication until you have verified your email address."),
    gettext_noop("You cannot deactivate two-factor authentication."),
    gettext_noop("You cannot disconnect your last remaining third-party account."),
    gettext_noop("You cannot generate recovery codes without having two-factor authentication enabled."),
    gettext_noop(
        "Whether the user will be able to authenticate using a password or not. If disabled, they may still be able to"
        " authenticate using other backends, such as Single Sign-On or LDAP."
    ),
)
