"""Every undocumented name of other libraries that our server leans on is still there."""

import importlib

import pytest

from chat.models import prepared
from chatsite import daphne, layer, websocket, writer

LEANING = (daphne, layer, prepared, websocket, writer)
NAMES = [(owner, name) for module in LEANING for owner, names in module.LEANS_ON.items() for name in names]


@pytest.mark.parametrize(("owner", "name"), NAMES)
def test_the_name_is_there(owner, name):
    module, _, member = owner.rpartition(".")
    assert hasattr(getattr(importlib.import_module(module), member), name)


def test_twisted_still_keeps_what_is_unsent_in_these_three():
    """Instance attributes, which the classes do not show."""
    from twisted.internet.abstract import FileDescriptor

    descriptor = FileDescriptor(reactor=object())
    assert (descriptor.dataBuffer, descriptor.offset, descriptor._tempDataLen) == (b"", 0, 0)


def test_every_overridden_method_is_listed():
    """A method of ours that stands in place of a library's is in the list, so that the list stays true."""
    for ours in (daphne.Request, daphne.Server, layer.Layer, layer.Ends, websocket.SocketProtocol):
        listed = {name for owner, name in NAMES}
        for name in vars(ours):
            inherited = any(name in vars(base) for base in ours.__mro__[1:-1])
            assert not inherited or name in listed or name.startswith("__"), name
