"""`python -m tests.kubernetes_api`: fetch the pinned charts, so that tests render and install them."""

from __future__ import annotations

import sys

from components.workloads import CHARTS
from tests.kubernetes_api.charts import fetch

if __name__ == "__main__":
    try:
        for path in fetch(CHARTS):
            sys.stdout.write(f"{path}\n")
    except RuntimeError as problem:
        sys.exit(f"error: {problem}")
