"""Whom an e-mail address stands for: who proved it, before whoever only said so."""

from allauth.account.models import EmailAddress
from django.db.models import Exists, OuterRef, Q

from accounts.models import User


def opened_by(email: str) -> list[User]:
    """The account that mail to this address may open, by a reset or a sign-in code.

    Who proved the address has it. An address that nobody proved opens an account only when an administrator wrote it
    there, or when nobody was ever inside: somebody could have waited with it in an account of their own.
    """
    address = email.lower()
    proven = EmailAddress.objects.filter(email=address, verified=True).select_related("user")
    if people := [claim.user for claim in proven]:
        return [person for person in people if _may_enter(person)]
    # Who said an address has it as their primary one; a row that is not stands for what an administrator wrote.
    claimed = Exists(EmailAddress.objects.filter(user=OuterRef("pk"), email=address, primary=True))
    untouched = Q(last_login=None, socialaccount=None, authenticator=None)
    found = User.objects.filter(Q(email=address), ~claimed | untouched).distinct()
    return [person for person in found if _may_enter(person)]


def drop_claims(proven: EmailAddress) -> None:
    """Who proves an address has it: what others only claimed is theirs no more, or it could not be stored here."""
    others = EmailAddress.objects.filter(email=proven.email, verified=False).exclude(user_id=proven.user_id)
    others.delete()
    User.objects.filter(email=proven.email).exclude(pk=proven.user_id).update(email="")


def _may_enter(person: User) -> bool:
    return person.is_active and person.kind == User.Kind.HUMAN
