"""The cache."""

from components.redis.redis import RedisCluster, RedisClusterArgs
from components.redis.settings import RedisSettings, most_clients

__all__ = ["RedisCluster", "RedisClusterArgs", "RedisSettings", "most_clients"]
