"""What a change does, for its reviewer."""
