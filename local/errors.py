"""Failures that are expected: their message is all that the user needs to read."""

from __future__ import annotations


class LocalError(Exception):
    """Base of the failures that the command line shows without a traceback."""
