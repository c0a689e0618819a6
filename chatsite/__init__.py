"""Chatrooms: the site that puts accounts and rooms together. The version stands here and nowhere else."""

__version__ = "0.1.0"
