"""Prints the pinned charts, one a line: name, version, repository."""

from __future__ import annotations

import sys

from components.workloads import autoscaler, load_balancer_controller, velero

for chart in (autoscaler.CHART, load_balancer_controller.CHART, velero.CHART):
    sys.stdout.write(f"{chart.name} {chart.version} {chart.repository}\n")
