"""What answers the internet besides load balancers: APIs, distributions, search, warehouses, notebooks."""

from __future__ import annotations

from collections.abc import Mapping

from pulumi_policy import Severity

from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule
from policies.support.values import decoded_json

TEMPLATES = ("aws:ec2/launchTemplate:LaunchTemplate",)
NODE_GROUPS = ("aws:eks/nodeGroup:NodeGroup",)
METHODS = ("aws:apigateway/method:Method",)
ROUTES = ("aws:apigatewayv2/route:Route",)
STAGES = ("aws:apigateway/stage:Stage", "aws:apigatewayv2/stage:Stage")
METHOD_SETTINGS = ("aws:apigateway/methodSettings:MethodSettings",)
DISTRIBUTIONS = ("aws:cloudfront/distribution:Distribution",)
SECURITY_POLICIES = ("aws:opensearch/serverlessSecurityPolicy:ServerlessSecurityPolicy",)
CLASSIC_LOAD_BALANCERS = ("aws:elb/loadBalancer:LoadBalancer",)
LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")

# The flag by which each type gets a public address.
_PUBLIC_FLAGS: Mapping[str, str] = {
    "aws:rds/clusterInstance:ClusterInstance": "publiclyAccessible",
    "aws:neptune/clusterInstance:ClusterInstance": "publiclyAccessible",
    "aws:neptunegraph/graph:Graph": "publicConnectivity",
    "aws:redshift/cluster:Cluster": "publiclyAccessible",
    "aws:redshiftserverless/workgroup:Workgroup": "publiclyAccessible",
    "aws:dms/replicationInstance:ReplicationInstance": "publiclyAccessible",
    "aws:mq/broker:Broker": "publiclyAccessible",
    "aws:timestreaminfluxdb/dbInstance:DbInstance": "publiclyAccessible",
    "aws:lightsail/database:Database": "publiclyAccessible",
    "aws:ec2/launchConfiguration:LaunchConfiguration": "associatePublicIpAddress",
    "aws:ec2/instance:Instance": "associatePublicIpAddress",
    "aws:ec2/spotInstanceRequest:SpotInstanceRequest": "associatePublicIpAddress",
}
# Choices by which a type answers the internet.
_PUBLIC_CHOICES: Mapping[str, tuple[str, str]] = {
    "aws:sagemaker/notebookInstance:NotebookInstance": ("directInternetAccess", "Enabled"),
    "aws:sagemaker/domain:Domain": ("appNetworkAccessType", "PublicInternetOnly"),
    "aws:mwaa/environment:Environment": ("webserverAccessMode", "PUBLIC_ONLY"),
    "aws:transfer/server:Server": ("endpointType", "PUBLIC"),
    "aws:msk/cluster:Cluster": ("brokerNodeGroupInfo.connectivityInfo.publicAccess.type", "SERVICE_PROVIDED_EIPS"),
    "aws:s3/accessPoint:AccessPoint": ("publicAccessBlockConfiguration.blockPublicPolicy", "false"),
}


@rule(
    "no-public-address",
    types=(*_PUBLIC_FLAGS, *_PUBLIC_CHOICES, *TEMPLATES),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_17", types=("aws:rds/clusterInstance:ClusterInstance",)),
        Control("CKV_AWS_102", types=("aws:neptune/clusterInstance:ClusterInstance",)),
        Control("CKV_AWS_87", types=("aws:redshift/cluster:Cluster",)),
        Control("Redshift.1", types=("aws:redshift/cluster:Cluster",)),
        Control("CKV_AWS_89", types=("aws:dms/replicationInstance:ReplicationInstance",)),
        Control("DMS.1", types=("aws:dms/replicationInstance:ReplicationInstance",)),
        Control("CKV_AWS_69", types=("aws:mq/broker:Broker",)),
        Control("CKV_AWS_389", types=("aws:ec2/launchConfiguration:LaunchConfiguration",)),
        Control("CKV_AWS_122", types=("aws:sagemaker/notebookInstance:NotebookInstance",)),
        Control("SageMaker.1", types=("aws:sagemaker/notebookInstance:NotebookInstance",)),
        Control("CKV2_AWS_66", types=("aws:mwaa/environment:Environment",)),
        Control("CKV_AWS_164", types=("aws:transfer/server:Server",)),
        Control("CKV_AWS_291", types=("aws:msk/cluster:Cluster",)),
    ),
    remedy="Turn the public address off, and reach the resource from inside of its network",
)
def no_public_address(resource: Resource, _context: Context) -> Findings:
    """Machines, databases, brokers and consoles have no public address."""
    if resource.type in TEMPLATES:
        if any(interface.true("associatePublicIpAddress") for interface in resource.each("networkInterfaces")):
            yield "networkInterfaces.associatePublicIpAddress is true"
        return
    if resource.type in _PUBLIC_FLAGS:
        path = _PUBLIC_FLAGS[resource.type]
        if resource.true(path):
            yield f"{path} is true"
        return
    path, value = _PUBLIC_CHOICES[resource.type]
    given = resource.get(path)
    told = str(given).lower() if isinstance(given, bool) else given
    by_default = resource.type in _PUBLIC_BY_DEFAULT and given is None
    if told == value or by_default:
        yield f"{path} is {value}"


_PUBLIC_BY_DEFAULT = frozenset(("aws:sagemaker/notebookInstance:NotebookInstance", "aws:transfer/server:Server"))


@rule(
    "apigateway-authorized",
    types=(*METHODS, *ROUTES),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_59", types=METHODS),
        Control("CKV_AWS_309", types=ROUTES),
        Control("APIGateway.8", types=ROUTES),
    ),
    remedy="Set an authorization other than NONE, or ask for an API key",
)
def apigateway_authorized(resource: Resource, _context: Context) -> Findings:
    """APIs ask who calls."""
    path = "authorization" if resource.type in METHODS else "authorizationType"
    if resource.type in METHODS and resource.text("httpMethod") == "OPTIONS":
        raise NotApplicable("browsers ask for OPTIONS without credentials")
    if (resource.text(path) or "NONE") == "NONE" and not (resource.type in METHODS and resource.true("apiKeyRequired")):
        yield f"{path} is NONE"


@rule(
    "apigateway-access-logs",
    types=STAGES,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_76", Control("APIGateway.9", types=STAGES[1:])),
    remedy="Set accessLogSettings to a log group",
)
def apigateway_access_logs(stage: Resource, _context: Context) -> Findings:
    """Stages of APIs log who calls."""
    if not stage.child("accessLogSettings").has("destinationArn"):
        yield "accessLogSettings is not set"


@rule(
    "apigateway-cache-encrypted",
    types=METHOD_SETTINGS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_308",),
    remedy="Set cacheDataEncrypted to true",
)
def apigateway_cache_encrypted(settings: Resource, _context: Context) -> Findings:
    """Caches of APIs are encrypted."""
    own = settings.child("settings")
    if not own.true("cachingEnabled"):
        raise NotApplicable("the cache is off")
    if not own.true("cacheDataEncrypted"):
        yield "settings.cacheDataEncrypted is not true"


@rule(
    "cloudfront-logged-and-filtered",
    types=DISTRIBUTIONS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_68", "CKV_AWS_86", "CloudFront.5", "CloudFront.6"),
    remedy="Set loggingConfig.bucket, or a log delivery of its own, and webAclId",
    joined=True,
)
def cloudfront_logged_and_filtered(distribution: Resource, context: Context) -> Findings:
    """Distributions log their requests and stand behind a web ACL."""
    deliveries = context.stack.of("aws:cloudwatch/logDeliverySource:LogDeliverySource")
    logged = any(distribution in context.stack.sources(delivery, "resourceArn") for delivery in deliveries)
    if not logged and not distribution.child("loggingConfig").has("bucket"):
        yield "loggingConfig is not set"
    if not distribution.has("webAclId"):
        yield "webAclId is not set"


@rule(
    "elb-access-logs",
    types=(*LOAD_BALANCERS, *CLASSIC_LOAD_BALANCERS),
    severity=Severity.MEDIUM,
    frameworks=(
        Control("CKV_AWS_91", types=LOAD_BALANCERS),
        Control("CKV_AWS_92", types=CLASSIC_LOAD_BALANCERS),
        "ELB.5",
    ),
    remedy="Set accessLogs to a bucket, and enabled to true",
)
def elb_access_logs(balancer: Resource, _context: Context) -> Findings:
    """Load balancers log their requests."""
    if balancer.text("loadBalancerType") == "gateway":
        raise NotApplicable("a gateway load balancer has no access logs")
    logs = balancer.child("accessLogs")
    on = not logs.false("enabled") if balancer.type in CLASSIC_LOAD_BALANCERS else logs.true("enabled")
    if not logs.has("bucket") or not on:
        yield "accessLogs is not on"


@rule(
    "elb-drops-invalid-headers",
    types=LOAD_BALANCERS,
    severity=Severity.MEDIUM,
    frameworks=("CKV_AWS_131", "ELB.4"),
    remedy="Set dropInvalidHeaderFields to true",
)
def elb_drops_invalid_headers(balancer: Resource, _context: Context) -> Findings:
    """Application load balancers drop headers that are not valid."""
    if (balancer.text("loadBalancerType") or "application") != "application":
        raise NotApplicable("it reads no headers")
    if not balancer.true("dropInvalidHeaderFields"):
        yield "dropInvalidHeaderFields is not true"


@rule(
    "opensearch-serverless-not-public",
    types=SECURITY_POLICIES,
    severity=Severity.CRITICAL,
    remedy="Set AllowFromPublic to false and name the VPC endpoints",
)
def opensearch_serverless_not_public(policy: Resource, _context: Context) -> Findings:
    """Collections are reached from VPC endpoints only."""
    if policy.text("type") != "network":
        raise NotApplicable("it is no network policy")
    if decoded_json(policy, "policy").true("AllowFromPublic"):
        yield "policy lets the internet in"


@rule(
    "opensearch-in-vpc",
    types=("aws:opensearch/domain:Domain", "aws:elasticsearch/domain:Domain"),
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_137",),
    remedy="Set vpcOptions with the subnets of the domain",
)
def opensearch_in_vpc(domain: Resource, _context: Context) -> Findings:
    """Search domains are inside of a VPC."""
    if not domain.child("vpcOptions").properties:
        yield "vpcOptions is not set"


@rule(
    "eks-nodes-ssh-limited",
    types=NODE_GROUPS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_100",),
    remedy="Leave remoteAccess out, or name the security groups of those who may use SSH in sourceSecurityGroupIds",
)
def eks_nodes_ssh_limited(group: Resource, _context: Context) -> Findings:
    """Nodes of EKS are not open for SSH to anyone."""
    access = group.child("remoteAccess")
    if access.has("ec2SshKey") and not access.has("sourceSecurityGroupIds"):
        yield "remoteAccess opens SSH to anyone"
