"""A cluster whose service accounts have roles, and objects in it."""

import json

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as k8s

c = eks.Cluster("c", create_oidc_provider=True)
url = c.core.oidc_provider.url
arn = c.core.oidc_provider.arn
doc = aws.iam.get_policy_document_output(
    statements=[
        {
            "actions": ["sts:AssumeRoleWithWebIdentity"],
            "principals": [{"type": "Federated", "identifiers": [arn]}],
            "conditions": [
                {
                    "test": "StringEquals",
                    "variable": url.apply(lambda u: u.replace("https://", "") + ":sub"),
                    "values": ["system:serviceaccount:a:b"],
                }
            ],
        }
    ]
)
aws.iam.Role("r", assume_role_policy=doc.json)
prov = k8s.Provider("p", kubeconfig=c.kubeconfig.apply(json.dumps))
k8s.core.v1.Namespace("n", opts=pulumi.ResourceOptions(provider=prov))
