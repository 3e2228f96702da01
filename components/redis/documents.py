"""What clients of the cache are given: passwords, and documents that say how to connect."""

from __future__ import annotations

import json

import pulumi
import pulumi_random as random

PORT = 6379

# Length and alphabet that ElastiCache accepts, of the token and of users' passwords alike.
_LENGTH = 64
_SPECIALS = "!&#$^<>-"


def create_password(logical_name: str, opts: pulumi.ResourceOptions) -> random.RandomPassword:
    """A token, or a user's password."""
    return random.RandomPassword(
        logical_name,
        length=_LENGTH,
        override_special=_SPECIALS,
        min_lower=1,
        min_upper=1,
        min_numeric=1,
        min_special=1,
        opts=opts,
    )


def connection_document(
    *, engine: str, host: str, token: str | None = None, username: str | None = None, password: str | None = None
) -> str:
    """What a client needs, without what it has no use for.

    `host` is the configuration endpoint, through which a cluster client finds the nodes. `token` is that of clients
    without a user.
    """
    document = {
        "engine": engine,
        "host": host,
        "port": PORT,
        "username": username,
        "password": password,
        "authToken": token,
        "tls": True,
        "clusterMode": True,
    }
    return json.dumps({key: value for key, value in document.items() if value is not None})
