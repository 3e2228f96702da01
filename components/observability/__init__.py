"""Where alarms go, alarms across components, dashboard, logs of applications."""

from components.observability.dashboard import Watched
from components.observability.observability import AlarmTopic, AlarmTopicArgs, Observability, ObservabilityArgs
from components.observability.settings import ObservabilitySettings

__all__ = ["AlarmTopic", "AlarmTopicArgs", "Observability", "ObservabilityArgs", "ObservabilitySettings", "Watched"]
