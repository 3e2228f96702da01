"""Prints the pinned charts, one a line: name, version, repository."""

from __future__ import annotations

import sys

from components.workloads import CHARTS

for chart in CHARTS:
    sys.stdout.write(f"{chart.name} {chart.version} {chart.repository}\n")
