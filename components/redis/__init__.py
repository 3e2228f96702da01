"""The cache."""

from components.redis.redis import RedisCluster, RedisClusterArgs
from components.redis.settings import RedisSettings

__all__ = ["RedisCluster", "RedisClusterArgs", "RedisSettings"]
