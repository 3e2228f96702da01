"""The hosted zone of the domain, and the certificate that is validated by records in it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from components.address.settings import AddressSettings
from components.common.scope import Scope

_RECORD_TTL_SECONDS = 300
# A delegation by hand takes somebody to do it, and ACM looks every few minutes.
_VALIDATION_TIMEOUT = "3h"


def create_zone(
    name: str, scope: Scope, settings: AddressSettings, *, deletion_protection: bool, parent: pulumi.Resource
) -> aws.route53.Zone:
    """A public zone for the domain, delegated by the zone above it where the settings name that.

    With accelerated recovery records can be changed again within an hour of losing us-east-1, where the control plane
    of Route 53 is: a takeover moves the address by such a change. Only the commercial partition has it.
    """
    zone = aws.route53.Zone(
        name,
        name=settings.domain,
        comment=f"{scope.prefix}: address of the platform",
        enable_accelerated_recovery=True if scope.partition == "aws" else None,
        # Records that external-dns made would keep the zone from being deleted.
        force_destroy=not deletion_protection,
        tags={"Name": settings.domain},
        opts=pulumi.ResourceOptions(parent=parent, protect=deletion_protection),
    )
    if settings.parent_zone_id:
        aws.route53.Record(
            f"{name}-delegation",
            zone_id=settings.parent_zone_id,
            name=settings.domain,
            type="NS",
            ttl=_RECORD_TTL_SECONDS,
            records=zone.name_servers,
            opts=pulumi.ResourceOptions(parent=parent),
        )
    return zone


def create_certificate(
    name: str, scope: Scope, settings: AddressSettings, zone_id: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    """A certificate for the domain and its names: its ARN, known once ACM has issued it.

    A name and all names of its level share one record, which is the same for every certificate of the account: it may
    be there already, and in a zone that others share it stays when this stack goes.
    """
    certificate = aws.acm.Certificate(
        name,
        domain_name=settings.domain,
        subject_alternative_names=list(settings.names),
        validation_method="DNS",
        tags={"Name": scope.name("address")},
        opts=pulumi.ResourceOptions(parent=parent),
    )
    hosts = list(dict.fromkeys(each.removeprefix("*.") for each in (settings.domain, *settings.names)))
    records = [
        _validation_record(f"{name}-{host}", certificate, host, zone_id, settings, parent=parent) for host in hosts
    ]
    validation = aws.acm.CertificateValidation(
        name,
        certificate_arn=certificate.arn,
        validation_record_fqdns=[record.fqdn for record in records],
        opts=pulumi.ResourceOptions(parent=parent, custom_timeouts=pulumi.CustomTimeouts(create=_VALIDATION_TIMEOUT)),
    )
    return validation.certificate_arn


def _validation_record(
    logical_name: str,
    certificate: aws.acm.Certificate,
    host: str,
    zone_id: pulumi.Input[str],
    settings: AddressSettings,
    *,
    parent: pulumi.Resource,
) -> aws.route53.Record:
    option = certificate.domain_validation_options.apply(lambda options: _option(options, host))
    return aws.route53.Record(
        logical_name,
        zone_id=zone_id,
        name=option.apply(lambda found: str(found.resource_record_name)),
        type="CNAME",
        ttl=_RECORD_TTL_SECONDS,
        records=[option.apply(lambda found: str(found.resource_record_value))],
        allow_overwrite=True,
        opts=pulumi.ResourceOptions(parent=parent, retain_on_delete=settings.hosted_zone_id is not None),
    )


def _option(
    options: Sequence[aws.acm.outputs.CertificateDomainValidationOption], host: str
) -> aws.acm.outputs.CertificateDomainValidationOption:
    """What proves that a name is ours: the record of the name, or that of all names of its level."""
    return next(each for each in options if str(each.domain_name).removeprefix("*.") == host)
