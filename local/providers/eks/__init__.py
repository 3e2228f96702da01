"""The stand-in for the remote components of pulumi-eks."""

from local.providers.eks.package import Eks

__all__ = ["Eks"]
