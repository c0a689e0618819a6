"""A copy of everything that is one's own, as a ZIP that needs neither this site nor a network to be read."""

from chat.takeout.archive import make_export
from chat.takeout.files import find_export, sweep

__all__ = ["find_export", "make_export", "sweep"]
