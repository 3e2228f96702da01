"""What AWS computes for the types of resources that the platform uses; the rest goes by the names of properties."""

from collections.abc import Mapping

from local.providers.aws.facts import Shape
from local.providers.aws.shapes import address, cluster, gateways, identity, metrics, network, operations, storage

SHAPES: Mapping[str, Shape] = {
    **address.SHAPES,
    **cluster.SHAPES,
    **gateways.SHAPES,
    **identity.SHAPES,
    **metrics.SHAPES,
    **network.SHAPES,
    **operations.SHAPES,
    **storage.SHAPES,
}
