"""Customer keys by domain."""

from components.kms.kms import KeyDomain, Kms, KmsArgs, trail_arn
from components.kms.settings import KmsSettings

__all__ = ["KeyDomain", "Kms", "KmsArgs", "KmsSettings", "trail_arn"]
