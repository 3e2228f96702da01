"""The drawing on a dark page: which colour takes the place of which."""

from __future__ import annotations

from collections.abc import Mapping

DARK: Mapping[str, str] = {
    "#1f2328": "#e6edf3",
    "#59636e": "#9da7b3",
    "#6e7781": "#8b949e",
    "#ffffff": "#0d1117",
    "#d1d9e0": "#3d444d",
    "#afb8c1": "#6e7681",
    "#fbfcfd": "#11161d",
    "#818b98": "#6e7681",
    "#eef5ff": "#10233d",
    "#9dbfe8": "#3f6ea8",
    "#edf8f0": "#10291a",
    "#95cba6": "#3d7d52",
    "#fdf4e7": "#33240f",
    "#dfb677": "#8f6a2c",
    "#f6f8fa": "#161b22",
    "#c4ccd4": "#4a525c",
    "#f5f1fd": "#231a3a",
    "#b8a5e0": "#6b57a0",
    "#fff8c5": "#3b2e00",
    "#d4a72c": "#9e7b16",
    "#4d2d00": "#f2cc60",
}
"""Each colour of the drawing, and its counterpart."""


def style() -> str:
    """Rules that change the colours of shapes by what they are drawn in."""
    rules = (f'[{kind}="{light}"]{{{kind}:{dark}}}' for light, dark in DARK.items() for kind in ("fill", "stroke"))
    return f"<style>@media (prefers-color-scheme:dark){{{''.join(rules)}}}</style>"
