"""Scenarios for the rules about networks as sets, what answers the internet, and secrets in clear."""

from __future__ import annotations

import json

from tests.policies.cases_sharing import each, flagged
from tests.policies.givens import OFFICE, ingress
from tests.policies.support import REMOVED, Case, Given, hidden

NETWORK = [
    Case(
        rule="vpc-ingress-sum",
        good=[
            Given("aws:ec2/securityGroup:SecurityGroup", "nodes", {"description": "nodes"}),
            Given(
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                "one",
                ingress(8080, cidrIpv4=OFFICE),
                {"securityGroupId": ["nodes"]},
            ),
            Given(
                "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule",
                "two",
                ingress(8080, cidrIpv4="128.0.0.0/5"),
                {"securityGroupId": ["nodes"], "prefixListId": ["list"]},
            ),
            Given("aws:ec2/managedPrefixList:ManagedPrefixList", "list", {"entries": [{"cidr": OFFICE}]}),
        ],
        bad={
            "two rules": [("one", "cidrIpv4", "0.0.0.0/5")],
            "a prefix list": [("list", "entries", [{"cidr": "0.0.0.0/1"}, {"cidr": "128.0.0.0/1"}])],
        },
        unknown=hidden("one", "cidrIpv4"),
    ),
    Case(
        rule="vpc-no-default",
        good=[],
        bad={"the VPC": [Given("aws:ec2/defaultVpc:DefaultVpc", "default", {})]},
        unknown=None,
    ),
]
INSTANCE = Given("aws:ec2/instance:Instance", "machine", {"userData": "#!/bin/sh\necho hello"})
WEB = [
    Case(
        rule="no-public-address",
        good=[Given("aws:redshift/cluster:Cluster", "warehouse", {"publiclyAccessible": False})],
        bad={
            "a warehouse": [("warehouse", "publiclyAccessible", True)],
            "a notebook": [Given("aws:sagemaker/notebookInstance:NotebookInstance", "n", {})],
            "brokers": [
                Given(
                    "aws:msk/cluster:Cluster",
                    "m",
                    {"brokerNodeGroupInfo": {"connectivityInfo": {"publicAccess": {"type": "SERVICE_PROVIDED_EIPS"}}}},
                )
            ],
        },
        unknown=hidden("warehouse", "publiclyAccessible"),
    ),
    Case(
        rule="eks-nodes-ssh-limited",
        good=[
            Given(
                "aws:eks/nodeGroup:NodeGroup",
                "nodes",
                {"remoteAccess": {"ec2SshKey": "key", "sourceSecurityGroupIds": ["sg-0123456789abcdef0"]}},
            )
        ],
        bad={"anyone": [("nodes", "remoteAccess.sourceSecurityGroupIds", REMOVED)]},
        unknown=hidden("nodes", "remoteAccess"),
        also_good={"no SSH": [("nodes", "remoteAccess", REMOVED)]},
    ),
    Case(
        rule="s3-account-public-access-block",
        good=[
            Given(
                "aws:s3/accountPublicAccessBlock:AccountPublicAccessBlock",
                "account",
                {
                    "blockPublicAcls": True,
                    "blockPublicPolicy": True,
                    "ignorePublicAcls": True,
                    "restrictPublicBuckets": True,
                },
            )
        ],
        bad={"one off": [("account", "ignorePublicAcls", False)]},
        unknown=hidden("account", "ignorePublicAcls"),
    ),
    Case(
        rule="apigateway-authorized",
        good=[Given("aws:apigateway/method:Method", "get", {"authorization": "AWS_IAM", "httpMethod": "GET"})],
        bad={
            "none": [("get", "authorization", "NONE")],
            "a route": [Given("aws:apigatewayv2/route:Route", "r", {"routeKey": "$default"})],
        },
        unknown=hidden("get", "authorization"),
        not_applicable={"what browsers ask": [("get", "httpMethod", "OPTIONS")]},
    ),
    flagged("apigateway-access-logs", "aws:apigateway/stage:Stage", "accessLogSettings", {"destinationArn": "a"}, {}),
    Case(
        rule="apigateway-cache-encrypted",
        good=[
            Given(
                "aws:apigateway/methodSettings:MethodSettings",
                "cache",
                {"settings": {"cachingEnabled": True, "cacheDataEncrypted": True}},
            )
        ],
        bad={"off": [("cache", "settings.cacheDataEncrypted", False)]},
        unknown=hidden("cache", "settings.cacheDataEncrypted"),
    ),
    Case(
        rule="cloudfront-logged-and-filtered",
        good=[
            Given(
                "aws:cloudfront/distribution:Distribution",
                "site",
                {"loggingConfig": {"bucket": "logs"}, "webAclId": "acl"},
            )
        ],
        bad={"no logs": [("site", "loggingConfig", REMOVED)], "no filter": [("site", "webAclId", REMOVED)]},
        unknown=None,
    ),
    Case(
        rule="elb-access-logs",
        good=[Given("aws:lb/loadBalancer:LoadBalancer", "lb", {"accessLogs": {"bucket": "logs", "enabled": True}})],
        bad={"off": [("lb", "accessLogs.enabled", False)], "absent": [("lb", "accessLogs", REMOVED)]},
        unknown=hidden("lb", "accessLogs.enabled"),
        not_applicable={"a gateway": [("lb", "loadBalancerType", "gateway")]},
    ),
    flagged(
        "elb-drops-invalid-headers", "aws:lb/loadBalancer:LoadBalancer", "dropInvalidHeaderFields", good=True, bad=False
    ),
    flagged(
        "opensearch-serverless-not-public",
        "aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",
        "policy",
        json.dumps([{"AllowFromPublic": False}]),
        json.dumps([{"AllowFromPublic": True}]),
        type="network",
    ),
    flagged("opensearch-in-vpc", "aws:opensearch/domain:Domain", "vpcOptions", {"subnetIds": ["a"]}, {}),
    Case(
        rule="no-secrets-in-user-data",
        good=[INSTANCE],
        bad=each(
            "machine",
            "userData",
            {
                "a password": "#!/bin/sh\nexport DB_PASSWORD=not-for-messages",
                "a key": "aws configure set aws_access_key_id AKIA" + "Z" * 16,
                "in Base64": "ZXhwb3J0IERCX1BBU1NXT1JEPW5vdC1mb3ItbWVzc2FnZXM=",
                "in a URL": "curl https://bob:not-for-messages@example.com",
            },
        ),
        unknown=hidden("machine", "userData"),
        also_good=each("machine", "userData", {"a reference": "export DB_PASSWORD=$(aws secretsmanager …)"}),
        not_applicable={"none": [("machine", "userData", REMOVED)]},
    ),
    Case(
        rule="no-secrets-in-environment",
        good=[
            Given(
                "aws:lambda/function:Function",
                "function",
                {"environment": {"variables": {"SECRET_ARN": "arn:aws:secretsmanager:…", "MODE": "live"}}},
            )
        ],
        bad={
            "a function": [("function", "environment.variables", {"DB_PASSWORD": "not-for-messages"})],
            "a container": [
                Given(
                    "aws:ecs/taskDefinition:TaskDefinition",
                    "task",
                    {
                        "containerDefinitions": json.dumps(
                            [{"environment": [{"name": "apiToken", "value": "not-for-messages"}]}]
                        )
                    },
                )
            ],
            "a build": [
                Given(
                    "aws:codebuild/project:Project",
                    "build",
                    {"environment": {"environmentVariables": [{"name": "SECRET", "value": "not-for-messages"}]}},
                )
            ],
        },
        unknown=hidden("function", "environment.variables"),
        not_applicable={"none": [("function", "environment", REMOVED)]},
    ),
]

CASES = [*NETWORK, *WEB]
