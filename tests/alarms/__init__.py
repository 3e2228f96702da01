"""Alarms played against metrics as AWS makes them."""
