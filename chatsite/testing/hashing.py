"""A password hasher for servers of tests: a real one takes a third of a second, and a journey signs many people in."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class OneRound(PBKDF2PasswordHasher):
    iterations = 1
