"""The picture of the architecture: its text fits in a real font, and each of its colours has a dark counterpart."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from review.diagram import dark, svg
from review.diagram.icons import ICONS
from tests.unit.drawings import measured, misplaced

ROOT = Path(__file__).parents[3]
PICTURE = (ROOT / "docs" / "architecture.svg").read_text(encoding="utf-8")
SAMPLES = ("production-postgres: db.r6g.2xlarge", "443, 4443, 9443", "Who may connect to whom", "iIl.,:;'|!mMW%@")


def test_no_text_leaves_its_box_or_lies_over_another() -> None:
    assert misplaced(ET.fromstring(PICTURE)) == []  # noqa: S314 our own drawing


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("production-redis<", "production-redis-with-a-name-that-is-long<"), "leaves its box"),
        (('y="38" font-size="21"', 'y="60" font-size="21"'), "lies over"),
    ],
)
def test_what_does_not_fit_is_found(change: tuple[str, str], complaint: str) -> None:
    assert change[0] in PICTURE
    found = misplaced(ET.fromstring(PICTURE.replace(*change)))  # noqa: S314 our own drawing
    assert any(complaint in each for each in found)


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("text", SAMPLES)
def test_widths_are_those_of_the_font(text: str, *, bold: bool) -> None:
    assert svg.width(text, 12, bold=bold) == pytest.approx(measured(text, 12, bold=bold), rel=0.01)


def test_each_colour_has_a_dark_counterpart() -> None:
    used = set(re.findall(r'(?:fill|stroke)="(#[0-9a-f]{6})"', PICTURE))
    assert used - set(dark.DARK) == set()
    assert dark.style() in PICTURE


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.1)."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (low + 0.05)


GROUNDS = ("#ffffff", "#fbfcfd", "#eef5ff", "#edf8f0", "#fdf4e7", "#f6f8fa", "#f5f1fd")


@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("ink", [svg.INK, svg.MUTED])
def test_text_can_be_read_on_every_ground_in_both_modes(ink: str, ground: str) -> None:
    """WCAG 2.1 asks for 4.5 between text and what is behind it."""
    assert contrast(ink, ground) >= 4.5
    assert contrast(dark.DARK[ink], dark.DARK[ground]) >= 4.5


def test_signs_of_stores_and_of_the_internet_are_drawn() -> None:
    drawn = set(re.findall(r'<path d="([^"]+)" transform', PICTURE))
    assert {ICONS[name] for name in ("cloud", "database", "bucket", "lock", "cube")} <= drawn
