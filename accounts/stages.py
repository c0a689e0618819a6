"""The step of signing in at which a person proves an e-mail address."""

from typing import Any

from allauth.account.models import EmailAddress
from allauth.account.stages import EmailVerificationStage


class AddressStage(EmailVerificationStage):
    """Who gave an address proves it before coming in (when mail is set up); who gave none has nothing to prove."""

    def handle(self) -> Any:
        user = self.login.user
        # Without a person this is a sign-up with a taken address: it must look like any other.
        if user is not None and not EmailAddress.objects.filter(user=user).exists():
            return None, True
        return super().handle()
