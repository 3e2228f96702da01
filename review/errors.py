"""Failures that are expected: their message is all that the user needs to read."""

from __future__ import annotations


class ReviewError(Exception):
    """Nothing can be shown, for a reason that the message gives."""
