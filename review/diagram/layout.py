"""Where things stand in the picture, in which colours, and the card that most of them are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from review.diagram.icons import Icon
from review.diagram.svg import Box, Canvas, tag_width, width

WIDTH = 1040
CARD = "#ffffff"
PUBLIC = ("#eef5ff", "#9dbfe8")
PRIVATE = ("#edf8f0", "#95cba6")
DATABASE = ("#fdf4e7", "#dfb677")
REGION = ("#f6f8fa", "#c4ccd4")
RECOVERY = ("#f5f1fd", "#b8a5e0")

VPC = Box(195, 80, 605, 600)
INNER = Box(209, 0, 577, 0)
PUBLIC_TIER = Box(VPC.x + 8, 116, VPC.width - 16, 128)
PRIVATE_TIER = Box(VPC.x + 8, 262, VPC.width - 16, 238)
DATABASE_TIER = Box(VPC.x + 8, 518, VPC.width - 16, 154)
ACTORS = Box(20, 0, 106, 0)
SERVICES = Box(818, 80, 202, 600)
RECOVERY_BAND = Box(20, 706, 1000, 112)
TABLES_TOP = 850
ROW = 21
_SIGN = 21


def card(  # noqa: PLR0913 - what a card shows
    canvas: Canvas, box: Box, title: str, lines: Sequence[str] = (), key: str = "", *, icon: Icon | None = None
) -> None:
    """A white box with a title, some lines, the key that protects it, and a sign where there is room for it."""
    canvas.box(box, fill=CARD, stroke="#afb8c1", radius=6)
    room = box.width - 20 - width(title, 13, bold=True) - (tag_width(key) if key else 0)
    signed = icon is not None and room > _SIGN
    if icon and signed:
        canvas.icon((box.x + 9, box.y + 7), icon)
    canvas.text((box.x + 10 + (_SIGN if signed else 0), box.y + 20), title, bold=True)
    canvas.lines((box.x + 10, box.y + 38), lines)
    if key:
        canvas.tag(box.right - 8, box.y + 7, key)


def lookup(value: Any, *path: str | int) -> Any:
    """What lies at a path below a value; None where the path ends early."""
    for step in path:
        if isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        elif isinstance(value, dict):
            value = value.get(step)
        else:
            return None
    return value
