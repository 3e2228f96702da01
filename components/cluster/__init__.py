"""The EKS cluster: control plane, node groups, add-ons, access entries."""

from components.cluster.cluster import Cluster, ClusterArgs, cluster_name
from components.cluster.images import AmiType
from components.cluster.rbac_groups import RbacGroup
from components.cluster.settings import ClusterSettings, NodeGroupSettings

__all__ = ["AmiType", "Cluster", "ClusterArgs", "ClusterSettings", "NodeGroupSettings", "RbacGroup", "cluster_name"]
