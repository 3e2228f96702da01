"""Rules of metrics that span several sections of a stack."""

from __future__ import annotations

from collections.abc import Iterator

from components.common import catalogue
from components.common.settings import Problem
from components.metrics import MetricsSettings


def metrics_are_offered(region: str, metrics: MetricsSettings | None) -> Iterator[Problem]:
    """The services that are asked for, by what the SDK knows of regions."""
    if metrics:
        yield from _offered(("metrics",), "aps", region)
        if metrics.grafana:
            yield from _offered(("metrics", "grafana"), "grafana", region)


def _offered(path: tuple[str, ...], service: str, region: str) -> Iterator[Problem]:
    regions = catalogue.regions_of(service)
    if region not in regions:
        yield Problem(path, f"is not offered in {region}, says {catalogue.source()}; allowed: {', '.join(regions)}")
