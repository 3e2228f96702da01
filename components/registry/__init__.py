"""Where container images are kept."""

from components.registry.cache import mirrors
from components.registry.registry import Registry, RegistryArgs
from components.registry.settings import RegistrySettings, RepositorySettings

__all__ = ["Registry", "RegistryArgs", "RegistrySettings", "RepositorySettings", "mirrors"]
