"""Encryption on the way: load balancers, distributions, APIs, file transfer and the volumes of containers."""

from __future__ import annotations

from pulumi_policy import Severity

from policies.support.resources import Resource
from policies.support.rules import Context, Control, Findings, NotApplicable, rule
from policies.support.values import decoded_json

LISTENERS = ("aws:lb/listener:Listener", "aws:alb/listener:Listener")
LOAD_BALANCERS = ("aws:lb/loadBalancer:LoadBalancer", "aws:alb/loadBalancer:LoadBalancer")
CLASSIC_LOAD_BALANCERS = ("aws:elb/loadBalancer:LoadBalancer",)
DISTRIBUTIONS = (
    "aws:cloudfront/distribution:Distribution",
    "aws:cloudfront/multitenantDistribution:MultitenantDistribution",
)
API_DOMAINS = ("aws:apigateway/domainName:DomainName", "aws:apigatewayv2/domainName:DomainName")
TASK_DEFINITIONS = ("aws:ecs/taskDefinition:TaskDefinition",)
TRANSFER_SERVERS = ("aws:transfer/server:Server",)

# Policies of load balancers whose oldest protocol is TLS 1.2.
_TLS_1_2_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-",
    "ELBSecurityPolicy-TLS13-1-3-",
    "ELBSecurityPolicy-TLS-1-2-",
    "ELBSecurityPolicy-FS-1-2-",
)


@rule(
    "elb-listener-tls",
    types=LISTENERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_2", "CKV_AWS_103", "ELB.1"),
    remedy="Use HTTPS or TLS with a policy of TLS 1.2 or newer, or redirect HTTP to HTTPS",
    joined=True,
)
def elb_listener_tls(listener: Resource, context: Context) -> Findings:
    """Load balancers serve TLS 1.2 or newer, and redirect plain HTTP."""
    given = (listener.text("protocol") or "").upper()
    if not given and (_is_gateway(listener, context) or not listener.has("port")):
        raise NotApplicable("a gateway load balancer passes packets on as they are")
    if given in ("HTTPS", "TLS"):
        if not (listener.text("sslPolicy") or "").startswith(_TLS_1_2_POLICIES):
            yield "sslPolicy lets clients use TLS older than 1.2"
        return
    actions = listener.each("defaultActions")
    if given in ("TCP", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC"):
        raise NotApplicable("it passes packets on as they are: encryption is between client and target")
    kinds = {(action.text("type") or "").lower() for action in actions}
    if kinds == {"fixed-response"}:
        raise NotApplicable("it answers every request by itself and serves nothing")
    if not actions or any(action.text("redirect.protocol") != "HTTPS" for action in actions):
        yield "the listener serves plain HTTP and does not redirect to HTTPS"


def _is_gateway(listener: Resource, context: Context) -> bool:
    balancers = context.stack.sources(listener, "loadBalancerArn")
    return any(item.type in LOAD_BALANCERS and item.text("loadBalancerType") == "gateway" for item in balancers)


@rule(
    "elb-classic-listener-tls",
    types=CLASSIC_LOAD_BALANCERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_376", "ELB.3"),
    remedy="Use https or ssl with a certificate, or replace the classic load balancer",
)
def elb_classic_listener_tls(balancer: Resource, _context: Context) -> Findings:
    """Classic load balancers serve TLS only."""
    for item in balancer.each("listeners"):
        if (item.text("lbProtocol") or "").lower() not in ("https", "ssl") or not item.has("sslCertificateId"):
            yield "a listener serves clients without TLS"


@rule(
    "cloudfront-tls",
    types=DISTRIBUTIONS,
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV_AWS_34", types=DISTRIBUTIONS[:1]),
        Control("CKV_AWS_174", types=DISTRIBUTIONS[:1]),
        Control("CloudFront.3", types=DISTRIBUTIONS[:1]),
    ),
    remedy="Set viewerProtocolPolicy to redirect-to-https and minimumProtocolVersion to TLSv1.2_2021 or newer",
)
def cloudfront_tls(distribution: Resource, _context: Context) -> Findings:
    """Distributions serve viewers over TLS 1.2 or newer."""
    for path in ("defaultCacheBehavior", "orderedCacheBehaviors", "cacheBehaviors"):
        for behavior in distribution.each(path):
            if behavior.text("viewerProtocolPolicy") not in ("redirect-to-https", "https-only"):
                yield f"{path}.viewerProtocolPolicy lets viewers use plain HTTP"
    version = distribution.child("viewerCertificate").text("minimumProtocolVersion") or "TLSv1"
    if not version.startswith(("TLSv1.2", "TLSv1.3")):
        yield "viewerCertificate.minimumProtocolVersion lets viewers use TLS older than 1.2"


@rule(
    "cloudfront-origin-tls",
    types=DISTRIBUTIONS,
    severity=Severity.MEDIUM,
    frameworks=(Control("CKV2_AWS_72", types=DISTRIBUTIONS[:1]),),
    remedy="Set originProtocolPolicy to https-only and originSslProtocols to TLSv1.2",
)
def cloudfront_origin_tls(distribution: Resource, _context: Context) -> Findings:
    """Distributions reach their origins over TLS 1.2."""
    for origin in distribution.each("origins"):
        for custom in origin.each("customOriginConfig"):
            if custom.text("originProtocolPolicy") != "https-only":
                yield "an origin is reached without TLS"
            if set(custom.strings("originSslProtocols")) - {"TLSv1.2", "TLSv1.3"}:
                yield "an origin is reached by TLS older than 1.2"


@rule(
    "apigateway-tls",
    types=API_DOMAINS,
    severity=Severity.HIGH,
    frameworks=(Control("CKV_AWS_206", types=API_DOMAINS[:1]),),
    remedy="Set securityPolicy to TLS_1_2 or newer",
)
def apigateway_tls(domain: Resource, _context: Context) -> Findings:
    """Domain names of APIs serve TLS 1.2 or newer."""
    holders = domain.each("domainNameConfiguration") if domain.type == API_DOMAINS[1] else [domain]
    for holder in holders:
        policy = holder.text("securityPolicy") or "TLS_1_0"
        if policy != "TLS_1_2" and not policy.startswith("SecurityPolicy_TLS13"):
            yield "securityPolicy lets clients use TLS older than 1.2"


@rule(
    "ecs-volumes-tls",
    types=TASK_DEFINITIONS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_97",),
    remedy="Set transitEncryption of efsVolumeConfiguration to ENABLED",
)
def ecs_volumes_tls(definition: Resource, _context: Context) -> Findings:
    """Tasks reach their EFS volumes over TLS."""
    for volume in definition.each("volumes"):
        for efs in volume.each("efsVolumeConfiguration"):
            if efs.text("transitEncryption") != "ENABLED":
                yield "volumes.efsVolumeConfiguration.transitEncryption is not ENABLED"


@rule(
    "transfer-secure-protocols",
    types=TRANSFER_SERVERS,
    severity=Severity.HIGH,
    frameworks=("CKV_AWS_357", "Transfer.2"),
    remedy="Offer SFTP, FTPS or AS2 and no FTP",
)
def transfer_secure_protocols(server: Resource, _context: Context) -> Findings:
    """Transfer servers offer no protocol in clear."""
    if "FTP" in server.strings("protocols"):
        yield "protocols holds FTP"


EMR_CONFIGURATIONS = ("aws:emr/securityConfiguration:SecurityConfiguration",)
EMR_CLUSTERS = ("aws:emr/cluster:Cluster",)


@rule(
    "emr-security-configuration",
    types=(*EMR_CLUSTERS, *EMR_CONFIGURATIONS),
    severity=Severity.HIGH,
    frameworks=(
        Control("CKV2_AWS_55", types=EMR_CLUSTERS),
        Control("CKV_AWS_351", types=EMR_CONFIGURATIONS),
        Control("CKV_AWS_349", types=EMR_CONFIGURATIONS),
        Control("CKV_AWS_171", types=EMR_CONFIGURATIONS),
    ),
    remedy="Give the cluster a securityConfiguration that encrypts at rest with SSE-KMS, local disks, and in transit",
)
def emr_security_configuration(resource: Resource, _context: Context) -> Findings:
    """EMR clusters have a security configuration, and it encrypts at rest and in transit."""
    if resource.type in EMR_CLUSTERS:
        if not resource.has("securityConfiguration"):
            yield "securityConfiguration is not set"
        return
    configuration = decoded_json(resource, "configuration").child("EncryptionConfiguration")
    if not configuration.true("EnableInTransitEncryption"):
        yield "configuration does not encrypt in transit"
    at_rest = configuration.child("AtRestEncryptionConfiguration")
    if not configuration.true("EnableAtRestEncryption"):
        yield "configuration does not encrypt at rest"
    if at_rest.child("S3EncryptionConfiguration").text("EncryptionMode") not in ("SSE-KMS", "CSE-KMS"):
        yield "configuration does not encrypt objects with SSE-KMS"
    if not at_rest.has("LocalDiskEncryptionConfiguration"):
        yield "configuration does not encrypt local disks"
