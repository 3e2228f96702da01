"""The stand-in for the components of pulumi-awsx."""

from local.providers.awsx.package import Awsx

__all__ = ["Awsx"]
