"""The stand-in for the AWS provider."""

from local.providers.aws.provider import ACCOUNT_LOOKUPS, Aws

__all__ = ["ACCOUNT_LOOKUPS", "Aws"]
