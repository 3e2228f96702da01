"""The baseline pack: exposure, resilience, identity and audit."""
