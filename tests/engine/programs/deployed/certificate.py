"""A certificate that records of a zone prove."""

import pulumi
import pulumi_aws as aws

zone = aws.route53.Zone("z", name="example.com")
cert = aws.acm.Certificate(
    "c",
    domain_name="www.example.com",
    subject_alternative_names=["example.com", "*.example.com"],
    validation_method="DNS",
)
opt = cert.domain_validation_options[0]
rec = aws.route53.Record(
    "r",
    zone_id=zone.zone_id,
    name=opt.resource_record_name,
    type=opt.resource_record_type,
    records=[opt.resource_record_value],
    ttl=60,
)
val = aws.acm.CertificateValidation("v", certificate_arn=cert.arn, validation_record_fqdns=[rec.fqdn])
pulumi.export("opts", cert.domain_validation_options.apply(len))
