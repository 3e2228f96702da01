"""The few shapes that the diagram is made of, written as SVG."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.sax.saxutils import escape

from review.diagram import dark
from review.diagram.icons import ICONS, Icon

Point = tuple[float, float]

INK = "#1f2328"
MUTED = "#59636e"
LINE = "#6e7781"
FONT = "'Segoe UI', Helvetica, Arial, 'Liberation Sans', sans-serif"

# Widths of DejaVu Sans, the widest of the usual fonts: what fits in it fits in all of them.
_WIDTHS: Mapping[str, Sequence[int]] = json.loads(Path(__file__).with_name("widths.json").read_text(encoding="utf-8"))
_FIRST, _OTHER = ord(" "), 1000


def width(text: str, size: float, *, bold: bool = False) -> float:
    """How wide a text is at most, in the widest of the usual fonts."""
    known = _WIDTHS["bold" if bold else "plain"]
    places = (ord(letter) - _FIRST for letter in text)
    return sum(known[place] if 0 <= place < len(known) else _OTHER for place in places) * size / 1000


def tag_width(label: str) -> float:
    """How wide a small label is, with its edge."""
    return width(label, 11) + 14


def wrapped(text: str, size: float, room: float) -> list[str]:
    """The text in lines that fit into the room."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and width(longer, size) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


@dataclass(frozen=True)
class Box:
    """A rectangle by its upper left corner."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> float:
        """Half way down."""
        return self.y + self.height / 2


@dataclass
class Canvas:
    """A drawing that grows shape by shape."""

    width: int
    height: int
    shapes: list[str] = field(default_factory=list)

    def box(self, box: Box, *, fill: str = "none", stroke: str = LINE, radius: int = 8, dashed: bool = False) -> None:
        """A rectangle with round corners."""
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.shapes.append(
            f'<rect x="{box.x:g}" y="{box.y:g}" width="{box.width:g}" height="{box.height:g}" rx="{radius}"'
            f' fill="{fill}" stroke="{stroke}"{dash}/>'
        )

    def text(  # noqa: PLR0913 - what a line of text is made of
        self, at: Point, text: str, *, size: float = 13, bold: bool = False, color: str = INK, anchor: str = "start"
    ) -> None:
        """One line of text on its base line."""
        weight = ' font-weight="600"' if bold else ""
        self.shapes.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" font-size="{size:g}"{weight} fill="{color}" text-anchor="{anchor}">'
            f"{escape(text)}</text>"
        )

    def lines(self, at: Point, lines: Sequence[str], *, size: float = 12, color: str = MUTED) -> None:
        """Lines of text below one another."""
        for index, line in enumerate(lines):
            self.text((at[0], at[1] + index * (size + 4)), line, size=size, color=color)

    def arrow(self, *points: Point, label: str = "", label_at: Point | None = None, dashed: bool = False) -> None:
        """A line with a head at its end."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        dash = ' stroke-dasharray="5 4"' if dashed else ""
        self.shapes.append(
            f'<polyline points="{path}" fill="none" stroke="{INK}" stroke-width="1.5" marker-end="url(#head)"{dash}/>'
        )
        if label and label_at:
            self.text(label_at, label, size=12, bold=True)

    def icon(self, at: Point, icon: Icon) -> None:
        """A sign of what a box stands for, by its upper left corner."""
        self.shapes.append(
            f'<path d="{ICONS[icon]}" transform="translate({at[0]:g} {at[1]:g})" fill="none" stroke="{INK}"'
            ' stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round"/>'
        )

    def tag(self, right: float, y: float, label: str) -> None:
        """A small label that ends at `right`, with its upper edge at `y`."""
        wide = tag_width(label)
        self.box(Box(right - wide, y, wide, 18), fill="#fff8c5", stroke="#d4a72c", radius=9)
        self.text((right - wide / 2, y + 13), label, size=11, color="#4d2d00", anchor="middle")

    def render(self, title: str, description: str) -> str:
        """The drawing as a file, in light colours or, where the reader prefers them, in dark ones."""
        head = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" role="img"'
            f' aria-labelledby="title description" font-family="{FONT}">'
        )
        marker = (
            '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7"'
            f' orient="auto-start-reverse"><path d="M0 0 8 4 0 8z" fill="{INK}"/></marker></defs>'
        )
        background = (
            f'<rect x="0.5" y="0.5" width="{self.width - 1}" height="{self.height - 1}" rx="12" fill="#ffffff"'
            ' stroke="#d1d9e0"/>'
        )
        texts = [
            f'<title id="title">{escape(title)}</title>',
            f'<desc id="description">{escape(description)}</desc>',
        ]
        return "\n".join([head, *texts, dark.style(), marker, background, *self.shapes, "</svg>", ""])
