"""Frames that no honest client sends, by the hundred thousand, at a server process as people run it."""
