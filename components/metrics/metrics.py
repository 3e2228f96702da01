"""Metrics of Prometheus, collected from the cluster without an agent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.common.alarms import Alarm, metric_alarm
from components.common.environment import Environment
from components.common.logs import log_group
from components.metrics.alerting import alert_manager_definition
from components.metrics.grafana import Grafana, GrafanaArgs
from components.metrics.rules import NAMESPACE, rule_groups
from components.metrics.scraping import DNS_PORT, scrape_configuration
from components.metrics.settings import MetricsSettings

# A collector takes two subnets in two zones at least, and five at most (AMP API, EksConfiguration).
SUBNETS_MAX = 5
_HTTPS_PORT = 443


@dataclass(frozen=True, kw_only=True)
class MetricsArgs:
    """What is collected from where, and under which key it is kept."""

    environment: Environment
    settings: MetricsSettings
    key_arn: pulumi.Input[str]
    """Key of all samples. Another key replaces the workspace, and what it holds is gone."""
    cluster_name: pulumi.Input[str]
    """Known once the cluster exists."""
    vpc_id: pulumi.Input[str]
    """Network of the cluster."""
    subnet_ids: Mapping[str, pulumi.Input[str]]
    """Where the collector's interfaces are, by availability zone; two at least."""
    api_security_group_id: pulumi.Input[str]
    """Group of the API server's private interfaces."""
    node_security_group_id: pulumi.Input[str]
    """Group of nodes and pods."""


class Metrics(pulumi.ComponentResource):
    """Amazon Managed Service for Prometheus for one cluster, and dashboards for people.

    Creates:
        the workspace `<prefix>-metrics` under a customer key, with its retention and its log group;
        rules that record and rules that tell of faults, and where alerts go: the alarm topic;
        the collector, its security group with openings on both sides, and its log group;
        an alarm that fires when rules or alerts themselves fail;
        a workspace of Grafana, where the settings ask for it.

    The collector enters the cluster by an access entry that the service makes with it, and takes away with it.
    """

    workspace_arn: pulumi.Output[str]
    """Of Prometheus."""
    endpoint: pulumi.Output[str]
    """Where queries go, with AWS's signature."""
    grafana_url: pulumi.Output[str] | None
    """Where people sign in; None without Grafana."""
    alarm_arns: list[pulumi.Output[str]]
    """Alarms on Prometheus itself."""

    def __init__(self, name: str, args: MetricsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("platform:metrics:Metrics", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        workspace = self._workspace()
        self.workspace_arn, self.endpoint = workspace.arn, workspace.prometheus_endpoint
        self._rules(workspace)
        self._collector(workspace)
        self.grafana_url = None
        if args.settings.grafana:
            grafana = Grafana(
                f"{name}-grafana",
                GrafanaArgs(
                    environment=args.environment,
                    settings=args.settings.grafana,
                    workspace_arn=workspace.arn,
                    key_arn=args.key_arn,
                ),
                self._child,
            )
            self.grafana_url = grafana.url
        self.register_outputs({"workspaceArn": self.workspace_arn, "grafanaUrl": self.grafana_url})

    @property
    def exports(self) -> dict[str, pulumi.Input[object]]:
        """What the stack exports of it, by the name of the output."""
        return {"prometheusEndpoint": self.endpoint, "grafanaUrl": self.grafana_url}

    def _log_group(self, label: str) -> aws.cloudwatch.LogGroup:
        """Under the prefix that AWS's own deliveries write to without a policy of each group."""
        return log_group(
            f"{self._name}-{label}",
            f"/aws/vendedlogs/prometheus/{self._args.environment.scope.name(label)}",
            retention_days=self._args.settings.log_retention_days,
            key_arn=self._args.environment.logs_key_arn,
            opts=self._child,
        )

    def _workspace(self) -> aws.amp.Workspace:
        environment, group = self._args.environment, self._log_group("rules")
        workspace = aws.amp.Workspace(
            self._name,
            alias=environment.scope.name("metrics"),
            kms_key_arn=self._args.key_arn,
            logging_configuration=aws.amp.WorkspaceLoggingConfigurationArgs(
                log_group_arn=pulumi.Output.format("{}:*", group.arn)
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=environment.deletion_protection),
        )
        aws.amp.WorkspaceConfiguration(
            self._name,
            workspace_id=workspace.id,
            retention_period_in_days=self._args.settings.retention_days,
            opts=self._child,
        )
        self.alarm_arns = [self._failures(group)]
        return workspace

    def _failures(self, group: aws.cloudwatch.LogGroup) -> pulumi.Output[str]:
        """The service logs what its rules and its alert manager could not do (AMP user guide, Monitor logs)."""
        scope = self._args.environment.scope
        namespace, metric = "TradingPlatform/Prometheus", scope.name("prometheus-failures")
        aws.cloudwatch.LogMetricFilter(
            f"{self._name}-failures",
            name=scope.name("prometheus-failures"),
            log_group_name=group.name,
            pattern='{ $.message.level = "ERROR" || $.message.level = "WARN" }',
            metric_transformation=aws.cloudwatch.LogMetricFilterMetricTransformationArgs(
                namespace=namespace, name=metric, value="1", default_value="0"
            ),
            opts=self._child,
        )
        alarm = Alarm(
            namespace=namespace,
            metric=metric,
            threshold=0,
            statistic="Sum",
            period_seconds=300,
            evaluation_periods=2,
            missing_data="notBreaching",
            description="Rules or alerts of Prometheus fail, so nobody is told; look at its log group",
            runbook="alarms.md#prometheus-failures",
        )
        return metric_alarm(
            f"{self._name}-failures",
            scope.name("prometheus-failures"),
            alarm,
            topic_arn=self._args.environment.alarm_topic_arn,
            runbooks=self._args.environment.runbooks,
            opts=self._child,
        ).arn

    def _rules(self, workspace: aws.amp.Workspace) -> None:
        environment = self._args.environment
        topic = pulumi.Output.from_input(environment.alarm_topic_arn)
        alerts = aws.amp.AlertManagerDefinition(
            self._name,
            workspace_id=workspace.id,
            definition=topic.apply(lambda arn: alert_manager_definition(arn, environment.scope.region)),
            opts=self._child,
        )
        aws.amp.RuleGroupNamespace(
            self._name,
            name=NAMESPACE,
            workspace_id=workspace.id,
            data=rule_groups(environment.runbooks),
            # An alert that fires before there is an alert manager reaches nobody.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[alerts]),
        )

    def _collector(self, workspace: aws.amp.Workspace) -> None:
        args, scope = self._args, self._args.environment.scope
        group, openings = self._security_group()
        cluster_arn = pulumi.Output.from_input(args.cluster_name).apply(
            lambda name: scope.arn("eks", f"cluster/{name}")
        )
        scraper = aws.amp.Scraper(
            self._name,
            alias=scope.name("metrics"),
            source=aws.amp.ScraperSourceArgs(
                eks=aws.amp.ScraperSourceEksArgs(
                    cluster_arn=cluster_arn,
                    security_group_ids=[group.id],
                    subnet_ids=[args.subnet_ids[zone] for zone in sorted(args.subnet_ids)[:SUBNETS_MAX]],
                )
            ),
            destination=aws.amp.ScraperDestinationArgs(
                amp=aws.amp.ScraperDestinationAmpArgs(workspace_arn=workspace.arn)
            ),
            scrape_configuration=pulumi.Output.from_input(args.cluster_name).apply(
                lambda name: scrape_configuration(name, args.settings)
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=openings),
        )
        log = self._log_group("collector")
        aws.amp.ScraperLoggingConfiguration(
            self._name,
            scraper_id=scraper.id,
            logging_destination=aws.amp.ScraperLoggingConfigurationLoggingDestinationArgs(
                cloudwatch_logs=aws.amp.ScraperLoggingConfigurationLoggingDestinationCloudwatchLogsArgs(
                    log_group_arn=pulumi.Output.format("{}:*", log.arn)
                )
            ),
            scraper_components=["COLLECTOR", "SERVICE_DISCOVERY"],
            opts=self._child,
        )

    def _security_group(self) -> tuple[aws.ec2.SecurityGroup, list[pulumi.Resource]]:
        """The collector reaches the API server, name servers and the ports of pods that are scraped; nothing else."""
        args, scope = self._args, self._args.environment.scope
        group = aws.ec2.SecurityGroup(
            self._name,
            description=f"{scope.prefix}: collects metrics of the cluster",
            vpc_id=args.vpc_id,
            revoke_rules_on_delete=True,
            tags={"Name": scope.name("metrics")},
            opts=self._child,
        )
        ports = sorted({DNS_PORT, *args.settings.pod_ports})
        targets = {"api": (args.api_security_group_id, _HTTPS_PORT)}
        targets |= {f"pods-{port}": (args.node_security_group_id, port) for port in ports}
        rules: list[pulumi.Resource] = []
        for label, (target, port) in targets.items():
            rules.append(
                aws.vpc.SecurityGroupIngressRule(
                    f"{self._name}-{label}",
                    security_group_id=target,
                    referenced_security_group_id=group.id,
                    description=f"Metrics of {label}",
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    opts=self._child,
                )
            )
            rules.append(
                aws.vpc.SecurityGroupEgressRule(
                    f"{self._name}-{label}",
                    security_group_id=group.id,
                    referenced_security_group_id=target,
                    description=f"Metrics of {label}",
                    ip_protocol="tcp",
                    from_port=port,
                    to_port=port,
                    opts=self._child,
                )
            )
        return group, rules
