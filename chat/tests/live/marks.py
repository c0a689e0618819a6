"""What all tests of the live path have in common: a real database that threads share, with its migrated rows."""

import pytest

LIVE = [pytest.mark.live, pytest.mark.django_db(transaction=True)]
BOTH_BELLS = [*LIVE, pytest.mark.usefixtures("bell")]
