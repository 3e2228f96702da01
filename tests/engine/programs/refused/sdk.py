"""An SDK that is not installed."""

import pulumi_datadog as datadog

datadog.Monitor("m", name="m", type="metric alert", query="avg(last_5m):avg:x > 1", message="x")
