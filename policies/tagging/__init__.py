"""The tagging pack: the tags by which cost, ownership and environment are told."""
