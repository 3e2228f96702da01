"""Where container images are kept."""

from components.registry.registry import Registry, RegistryArgs
from components.registry.settings import RepositorySettings

__all__ = ["Registry", "RegistryArgs", "RepositorySettings"]
