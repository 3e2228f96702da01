"""The stand-in for the component of pulumi-aws-apigateway."""

from local.providers.apigateway.api import RestApis

__all__ = ["RestApis"]
