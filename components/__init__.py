"""Reusable Pulumi components of the trading platform, one module per concern."""
