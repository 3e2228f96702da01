"""Where Prometheus' alerts go."""

from __future__ import annotations

import json

_SUBJECT = "{{ .Status | toUpper }}: {{ .CommonLabels.alertname }} ({{ .CommonLabels.severity }})"
_MESSAGE = (
    "{{ range .Alerts }}{{ .Status | toUpper }} {{ .Labels.alertname }}: {{ .Annotations.summary }}."
    ' Runbook: {{ .Annotations.runbook_url }}{{ "\\n" }}{{ end }}'
)


def alert_manager_definition(topic_arn: str, region: str) -> str:
    """One message for the alerts of a kind, in the form of the service: the file of Alertmanager within another.

    Where a critical alert says that nothing is collected, the others say nothing new. The service sends with its own
    identity; a topic's subject is a line of 100 characters at most.
    """
    receiver = {
        "name": "alarms",
        "sns_configs": [
            {
                "topic_arn": topic_arn,
                "sigv4": {"region": region},
                "subject": _SUBJECT,
                "message": _MESSAGE,
                "send_resolved": True,
            }
        ],
    }
    route = {
        "receiver": "alarms",
        "group_by": ["alertname", "namespace"],
        "group_wait": "30s",
        "group_interval": "5m",
        "repeat_interval": "12h",
    }
    silenced = {
        "source_matchers": ["alertname = MetricsStopped"],
        "target_matchers": ["severity = warning"],
    }
    definition = {"route": route, "receivers": [receiver], "inhibit_rules": [silenced]}
    return json.dumps({"alertmanager_config": json.dumps(definition)})
