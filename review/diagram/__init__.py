"""The picture of the architecture, drawn from a deployed stack."""
