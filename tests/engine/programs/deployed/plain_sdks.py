"""Keys and certificates, a container, a command: SDKs without a stand-in of their own."""

import pulumi
import pulumi_aws as aws
import pulumi_docker as docker
import pulumi_tls as tls

key = tls.PrivateKey("key", algorithm="RSA", rsa_bits=4096)
aws.ec2.KeyPair("pair", public_key=key.public_key_openssh)
certificate = tls.SelfSignedCert(
    "certificate",
    private_key_pem=key.private_key_pem,
    subject={"common_name": "example.com"},
    allowed_uses=["server_auth"],
    validity_period_hours=12,
)
aws.iam.ServerCertificate("server", certificate_body=certificate.cert_pem, private_key=key.private_key_pem)
aws.acm.Certificate("import", certificate_body=certificate.cert_pem, private_key=key.private_key_pem)

bucket = aws.s3.Bucket("bucket")
network = docker.Network("network")
docker.Container(
    "server",
    image="nginx",
    envs=[bucket.bucket.apply(lambda name: f"BUCKET={name}")],
    networks_advanced=[{"name": network.name}],
)
cluster = aws.eks.Cluster(
    "cluster",
    role_arn=aws.iam.Role("role", assume_role_policy="{}").arn,
    vpc_config={"subnet_ids": ["subnet-1", "subnet-2"]},
)
issuer = cluster.identities[0].oidcs[0].issuer
seen = tls.get_certificate_output(url=issuer)
aws.iam.OpenIdConnectProvider(
    "oidc",
    url=issuer,
    client_id_lists=["sts.amazonaws.com"],
    thumbprint_lists=[seen.certificates[0].sha1_fingerprint],
)
pulumi.export("valid until", certificate.validity_end_time)
