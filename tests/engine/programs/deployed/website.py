"""A website behind a CDN."""

import json

import pulumi
import pulumi_aws as aws

b = aws.s3.Bucket("site")
aws.s3.BucketWebsiteConfiguration(
    "w", bucket=b.id, index_document={"suffix": "index.html"}, error_document={"key": "404.html"}
)
oc = aws.s3.BucketOwnershipControls("o", bucket=b.id, rule={"object_ownership": "ObjectWriter"})
pab = aws.s3.BucketPublicAccessBlock("p", bucket=b.id, block_public_acls=False)
for f in ["Pulumi.yaml"]:
    aws.s3.BucketObject(
        f,
        bucket=b.id,
        source=pulumi.FileAsset(f),
        acl="public-read",
        content_type="text/plain",
        opts=pulumi.ResourceOptions(depends_on=[oc, pab]),
    )
aws.s3.BucketPolicy(
    "bp",
    bucket=b.id,
    policy=b.id.apply(
        lambda i: json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": "*", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{i}/*"}
                ],
            }
        )
    ),
)
cdn = aws.cloudfront.Distribution(
    "cdn",
    enabled=True,
    origins=[
        {
            "origin_id": b.arn,
            "domain_name": b.bucket_regional_domain_name,
            "custom_origin_config": {
                "origin_protocol_policy": "http-only",
                "http_port": 80,
                "https_port": 443,
                "origin_ssl_protocols": ["TLSv1.2"],
            },
        }
    ],
    default_cache_behavior={
        "target_origin_id": b.arn,
        "viewer_protocol_policy": "redirect-to-https",
        "allowed_methods": ["GET", "HEAD"],
        "cached_methods": ["GET", "HEAD"],
        "forwarded_values": {"cookies": {"forward": "none"}, "query_string": False},
        "min_ttl": 0,
    },
    price_class="PriceClass_100",
    restrictions={"geo_restriction": {"restriction_type": "none"}},
    viewer_certificate={"cloudfront_default_certificate": True},
)
pulumi.export("u", cdn.domain_name)
