"""Signs of what a box stands for, as engineers draw them on whiteboards."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

Icon = Literal["cloud", "database", "cube", "bucket", "bell", "lock", "scroll", "balancer", "gateway", "people", "plug"]
ICONS: Mapping[Icon, str] = {
    "cloud": "M4 13h8a3.2 3.2 0 0 0 .5-6.3A4.5 4.5 0 0 0 4 6.2 3.4 3.4 0 0 0 4 13z",
    "database": "M2.5 4v8c0 1.4 2.5 2.4 5.5 2.4s5.5-1 5.5-2.4V4"
    "M2.5 4c0 1.4 2.5 2.4 5.5 2.4s5.5-1 5.5-2.4S11 1.6 8 1.6 2.5 2.6 2.5 4"
    "M2.5 8c0 1.4 2.5 2.4 5.5 2.4s5.5-1 5.5-2.4",
    "cube": "M8 1.5 14 4.8v6.4L8 14.5l-6-3.3V4.8zM2 4.8 8 8l6-3.2M8 8v6.5",
    "bucket": "M2 3.5 3.8 13.6c1.8 1.1 6.6 1.1 8.4 0L14 3.5"
    "M2 3.5c0 1 2.7 1.8 6 1.8s6-.8 6-1.8S11.3 1.7 8 1.7 2 2.5 2 3.5",
    "bell": "M3 12h10c-1.4-1.3-1.5-2.5-1.5-5a3.5 3.5 0 0 0-7 0c0 2.5-.1 3.7-1.5 5zM6.6 13.9h2.8",
    "lock": "M3.5 7.3h9v6.9h-9zM5.3 7.3V5a2.7 2.7 0 0 1 5.4 0v2.3M8 10v1.8",
    "scroll": "M3.5 1.8h9v12.4h-9zM5.5 5h5M5.5 8h5M5.5 11h3",
    "balancer": "M1.5 8h4M5.5 8l8-5M5.5 8h8.5M5.5 8l8 5",
    "gateway": "M2 8h10M8.5 4.5 12 8l-3.5 3.5M14.3 2.5v11",
    "people": "M8 7.5a2.9 2.9 0 1 0 0-5.8 2.9 2.9 0 0 0 0 5.8zM2.5 14.3c.3-3.3 2.4-5 5.5-5s5.2 1.7 5.5 5",
    "plug": "M5.5 1.8v3.7M10.5 1.8v3.7M3.5 5.5h9v2.2a4.5 4.5 0 0 1-9 0zM8 12.2v2.3",
}
"""Outlines, in a square of sixteen units."""
