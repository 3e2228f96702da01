"""Stand-in providers: aws, eks, kubernetes and random without a cloud, for tests and previews.

Their schema follows from the installed SDKs, so that they refuse what the real providers refuse, and what they compute
has the shape that AWS gives it.
"""

from local.providers.server import Hook, Operation, Unfinished, serve

__all__ = ["Hook", "Operation", "Unfinished", "serve"]
