"""Measures the real product beside a tutorial-style chat, in the same run: `./run bench help`."""
