"""Where Pulumi keeps its state: bucket and key."""

from components.state.store import StateStore, StateStoreArgs, login_url, secrets_provider, state_backend

__all__ = ["StateStore", "StateStoreArgs", "login_url", "secrets_provider", "state_backend"]
