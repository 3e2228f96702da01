"""CrossGuard policy packs, one a folder, and the framework that they share."""
