"""What a stack costs before anybody uses it."""
