"""Real servers for tests: where their programs come from, and how they are started and stopped."""
