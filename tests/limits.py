"""How long tests wait."""

HANGING_SECONDS = 1800.0
"""After which something hangs: far more than it takes on a slow machine, or one that does ten other things."""
