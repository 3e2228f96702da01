"""The stand-in for the AWS provider, and what it knows of AWS."""

from local.providers.aws.provider import Aws

__all__ = ["Aws"]
