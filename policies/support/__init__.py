"""What the three packs share: rules, values that may be unknown, configuration, verdicts, and the analyzer's server."""
