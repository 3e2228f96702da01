"""A cluster of EKS on Fargate."""

import pulumi_eks as eks

eks.Cluster("c", fargate=True)
