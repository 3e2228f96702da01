"""Reusable Pulumi components of the trading platform, a folder for each concern."""
