"""A stack's plan, in a form whose differences a person can read."""
