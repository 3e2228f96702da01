"""What a stand-in for a program writes down: how a command was played."""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path


class How(StrEnum):
    """How a command was played."""

    EXECUTED = "executed"
    """Against an emulator, a real server or the real engine, with an effect."""
    MODELLED = "modelled"
    """Against the published models of the service: its arguments are valid, and its answer has the model's shape."""
    CHECKED = "checked"
    """It exists, with these options."""
    FAILED = "failed"


def note(how: How, program: str, words: Sequence[str]) -> int:
    """Write a command down, and return its exit code."""
    line = " ".join([program, *words]).replace("\n", " ")
    with Path(os.environ["PLAY_LOG"]).open("a", encoding="utf-8") as log:
        log.write(f"{how}\t{line}\n")
    return int(how is How.FAILED)
