"""How long the platform takes: previews on this machine, and a deployment to AWS."""
