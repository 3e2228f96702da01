"""What `config.py` stands on: how errors are worded, which rules span sections, what AWS still creates."""
