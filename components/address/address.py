"""The address of the platform: what stands between the internet and the ingresses (AWS's side of it)."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
import pulumi_aws as aws

from components.address.alarms import create_alarms
from components.address.firewall import create_firewall
from components.address.health import create_health_checks
from components.address.settings import AddressSettings
from components.address.zone import create_certificate, create_zone
from components.buckets import LifecycleSettings, SecureBucket, SecureBucketArgs, bucket_arn
from components.common.environment import Environment
from components.common.iam import Statement
from components.common.scope import Scope

LOG_BUCKET = "alb-logs"
_NONCURRENT_DAYS = 30


def log_delivery(scope: Scope) -> list[Statement]:
    """Lets load balancers of this account and region deliver their access logs.

    The service's principal holds in every region since September 2025; before, older regions had accounts of their own
    (Elastic Load Balancing user guide, Enable access logs; document history).
    """
    return [
        {
            "Sid": "DeliverLoadBalancerLogs",
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{bucket_arn(scope, LOG_BUCKET)}/*/AWSLogs/{scope.account_id}/*",
            "Condition": {"ArnLike": {"aws:SourceArn": scope.arn("elasticloadbalancing", "loadbalancer/*")}},
        }
    ]


@dataclass(frozen=True, kw_only=True)
class AddressArgs:
    """Where the platform answers, and who is told when it does not."""

    environment: Environment
    settings: AddressSettings
    access_log_bucket_name: pulumi.Input[str]
    """Where access to the bucket of load balancers' logs is logged."""
    health_topic_arn: pulumi.Input[str]
    """Where alarms of health checks go: a topic in the region of their metrics, us-east-1."""


class Address(pulumi.ComponentResource):
    """A domain with all that load balancers need to answer for it.

    Creates:
        a public hosted zone, unless the settings name one, and its delegation;
        the certificate of the domain and of the names below it, validated by records in the zone;
        the web ACL `<prefix>-address` with its log;
        the bucket of the load balancers' access logs, with S3's own keys: load balancers deliver to no others;
        health checks from outside;
        alarms on renewal, blocked requests, errors, latency, unhealthy pods, TLS and reachability.
    """

    zone_id: pulumi.Output[str]
    """Hosted zone of the domain."""
    certificate_arn: pulumi.Output[str]
    """Known once the certificate is issued."""
    web_acl_arn: pulumi.Output[str]
    """Of the web ACL."""
    log_bucket_name: pulumi.Output[str]
    """Known once load balancers may deliver to it."""
    alarm_arns: dict[str, list[pulumi.Output[str]]]
    """Alarms of the stack's region by what they watch."""

    def __init__(self, name: str, args: AddressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:address:Address", name, None, opts)
        self._args = args
        settings, scope = args.settings, args.environment.scope
        self._zone = None if settings.hosted_zone_id else self._create_zone(name)
        # A zone that exists is known at preview.
        self.zone_id = self._zone.zone_id if self._zone else pulumi.Output.from_input(str(settings.hosted_zone_id))
        self.certificate_arn = create_certificate(name, scope, settings, self.zone_id, self)
        self.web_acl_arn = create_firewall(name, args.environment, settings.firewall, self).arn
        self.log_bucket_name = self._log_bucket(name).policy.bucket
        alarms = create_alarms(name, args.environment, settings.thresholds, self.certificate_arn, self)
        self.alarm_arns = {"address": [alarm.arn for alarm in alarms.values()]}
        elsewhere = replace(args.environment, alarm_topic_arn=args.health_topic_arn)
        checks = create_health_checks(name, elsewhere, settings.health_checks, self)
        self._health_check_ids = {label: check.id for label, check in checks.items()}
        self.register_outputs(
            {
                "zoneId": self.zone_id,
                "certificateArn": self.certificate_arn,
                "webAclArn": self.web_acl_arn,
                "logBucketName": self.log_bucket_name,
            }
        )

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {
            "address": f"https://{self._args.settings.domain}",
            "addressZoneId": self.zone_id,
            "addressNameServers": self._zone.name_servers if self._zone else None,
            "certificateArn": self.certificate_arn,
            "webAclArn": self.web_acl_arn,
            "healthCheckIds": self._health_check_ids,
        }

    def _create_zone(self, name: str) -> aws.route53.Zone:
        environment = self._args.environment
        return create_zone(
            name,
            environment.scope,
            self._args.settings,
            deletion_protection=environment.deletion_protection,
            parent=self,
        )

    def _log_bucket(self, name: str) -> SecureBucket:
        environment, settings = self._args.environment, self._args.settings
        return SecureBucket(
            f"{name}-logs",
            SecureBucketArgs(
                scope=environment.scope,
                label=LOG_BUCKET,
                key_arn=None,
                access_log_bucket=self._args.access_log_bucket_name,
                deletion_protection=environment.deletion_protection,
                lifecycle=LifecycleSettings(
                    expiration_days=settings.access_log_days, noncurrent_expiration_days=_NONCURRENT_DAYS
                ),
                statements=log_delivery(environment.scope),
            ),
            pulumi.ResourceOptions(parent=self),
        )
