"""The compliance report: what every rule says about every resource of a stack, for auditors and for machines."""

from policies.reports.results import ORDER, Exempted, Report, RuleReport, build, settings_for
from policies.reports.writing import to_data, to_markdown, write

__all__ = ["ORDER", "Exempted", "Report", "RuleReport", "build", "settings_for", "to_data", "to_markdown", "write"]
