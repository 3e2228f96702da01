"""Measures the text of a drawing in a real font, and finds what does not fit."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import NamedTuple

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

_SVG = "{http://www.w3.org/2000/svg}"
# Bitstream Vera Sans, of which DejaVu Sans has the widths, and Verdana nearly: the widest that pages are shown in.
_FILES = {False: "Vera.ttf", True: "VeraBd.ttf"}
# What a letter has above and below its base line, in shares of the size.
_ABOVE, _BELOW = 0.76, 0.24


class Area(NamedTuple):
    """A rectangle."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Area) -> bool:
        """Whether two overlap by more than a hair."""
        across = min(self.right, other.right) - max(self.left, other.left)
        return across > 0.5 and min(self.bottom, other.bottom) - max(self.top, other.top) > 1

    def begins_in(self, other: Area) -> bool:
        """Whether its left edge is inside of another one."""
        return other.left <= self.left <= other.right and other.top - 2 <= self.top and self.bottom <= other.bottom + 2


@cache
def _font(*, bold: bool) -> TTFont:
    return TTFont(str(resources.files("reportlab").joinpath("fonts", _FILES[bold])))


def measured(text: str, size: float, *, bold: bool = False) -> float:
    """Width of a text in the real font; what the font lacks is as wide as its size."""
    font = _font(bold=bold)
    letters, widths, unit = font.getBestCmap(), font["hmtx"], font["head"].unitsPerEm
    units: int = sum(widths[letters[ord(each)]][0] if ord(each) in letters else unit for each in text)
    return units * size / float(unit)


def texts(root: ET.Element) -> Iterator[tuple[str, Area]]:
    """Every text of a drawing with its area."""
    for each in root.iter(f"{_SVG}text"):
        size, x, y = (float(each.get(name) or 0) for name in ("font-size", "x", "y"))
        wide = measured(each.text or "", size, bold=each.get("font-weight") is not None)
        left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[each.get("text-anchor") or "start"]
        yield each.text or "", Area(left, y - _ABOVE * size, left + wide, y + _BELOW * size)


def boxes(root: ET.Element) -> list[Area]:
    """Every rectangle of a drawing."""
    found = [
        [float(each.get(name) or 0) for name in ("x", "y", "width", "height")] for each in root.iter(f"{_SVG}rect")
    ]
    return [Area(x, y, x + wide, y + high) for x, y, wide, high in found]


def misplaced(root: ET.Element) -> list[str]:
    """Texts that leave the smallest box that they begin in, or lie over another text or another one's badge."""
    found, all_boxes = list(texts(root)), boxes(root)
    wrong = []
    for index, (text, area) in enumerate(found):
        around = [box for box in all_boxes if area.begins_in(box)]
        own = min(around, key=lambda box: (box.right - box.left) * (box.bottom - box.top))
        if area.right > own.right - 2:
            wrong.append(f"{text!r} leaves its box by {area.right - own.right:.0f}")
        wrong += [f"{text!r} lies over {other!r}" for other, there in found[index + 1 :] if area.meets(there)]
        badges = [box for box in all_boxes if box.bottom - box.top == 18 and box != own]
        wrong += [f"{text!r} lies over a badge" for badge in badges if area.meets(badge)]
    return wrong
