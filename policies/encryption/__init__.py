"""The encryption pack: data at rest under customer keys, data in transit under TLS."""
