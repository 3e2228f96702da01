"""The reference of the components, from their source and a deployed stack."""
