"""Shapes of what watches over the platform: logs, alarms, topics, trails, budgets, security services."""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from local.providers.aws.facts import Facts, Shape
from local.providers.aws.shapes.building import arn, checksum, texts, with_arn, with_name


def _needs_confirmation(facts: Facts) -> bool:
    """Somebody has to follow a link in a mail first."""
    return str(facts["protocol"]).startswith("email")


def _target_id(facts: Facts) -> str:
    bus = facts.inputs.get("eventBusName", "default")
    rule = facts["rule"] if bus == "default" else f"{bus}-{facts['rule']}"
    return f"{rule}-{facts['targetId']}"


def _trail_topic(facts: Facts) -> str:
    topic = str(facts["snsTopicName"])
    return facts.arn("sns", topic) if topic and not topic.startswith("arn:") else topic


def _subscription_arn(facts: Facts) -> str:
    return facts.arn(
        "securityhub", f"subscription/{str(facts['standardsArn']).rsplit(':', 1)[-1].removeprefix('standards/')}"
    )


def _stack_outputs(facts: Facts) -> dict[str, str]:
    """The outputs that a template of CloudFormation names, each with the id of something made up."""
    root = yaml.compose(str(facts["templateBody"]), yaml.SafeLoader)
    parts = {key.value: value for key, value in getattr(root, "value", ())} if root else {}
    names = [key.value for key, _ in parts["Outputs"].value] if "Outputs" in parts else []
    return {name: f"{facts['name']}-{name}-{facts.identity.letters(12, name).upper()}" for name in names}


SHAPES: Mapping[str, Shape] = {
    "aws:accessanalyzer/analyzer:Analyzer": with_name(
        arn("access-analyzer", "analyzer/{analyzerName}"), "analyzerName"
    ),
    "aws:autoscaling/tag:Tag": Shape(lambda facts: f"{facts['autoscalingGroupName']},{facts['tag']['key']}"),
    "aws:budgets/budget:Budget": Shape(
        "{accountId}:{name}",
        {
            "accountId": "{account}",
            "arn": arn("budgets", "budget/{name}", False),
            "timePeriodStart": "2026-01-01_00:00",
        },
    ),
    "aws:cfg/deliveryChannel:DeliveryChannel": Shape("{name}"),
    "aws:cfg/recorder:Recorder": Shape("{name}"),
    "aws:cfg/recorderStatus:RecorderStatus": Shape("{name}"),
    "aws:cloudformation/stack:Stack": Shape(
        "arn:{partition}:cloudformation:{region}:{account}:stack/{name}/{uuid:}", {"outputs": _stack_outputs}
    ),
    "aws:cloudtrail/trail:Trail": with_arn(
        arn("cloudtrail", "trail/{name}"), homeRegion="{region}", snsTopicArn=_trail_topic
    ),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": with_name(arn("cloudwatch", "alarm:{alarmName}"), "alarmName"),
    "aws:cloudwatch/dashboard:Dashboard": Shape(
        "{dashboardName}", {"dashboardArn": arn("cloudwatch", "dashboard/{dashboardName}", False)}
    ),
    "aws:cloudwatch/eventRule:EventRule": with_name(arn("events", "rule/{name}"), eventBusName="default"),
    "aws:cloudwatch/eventTarget:EventTarget": Shape(_target_id, {"targetId": "terraform-{digits:26}"}),
    "aws:cloudwatch/logGroup:LogGroup": with_name(arn("logs", "log-group:{name}"), logGroupClass="STANDARD"),
    "aws:cloudwatch/logMetricFilter:LogMetricFilter": Shape("{name}"),
    "aws:cloudwatch/logResourcePolicy:LogResourcePolicy": Shape(
        "{policyName}", {"policyScope": "ACCOUNT", "revisionId": "{hex:32}"}
    ),
    "aws:cloudwatch/logSubscriptionFilter:LogSubscriptionFilter": Shape(
        lambda facts: f"cwlsf-{checksum('logGroup', 'name')(facts)}"
    ),
    "aws:cloudwatch/metricAlarm:MetricAlarm": with_name(arn("cloudwatch", "alarm:{name}")),
    "aws:guardduty/detector:Detector": Shape(
        "{hex:32}",
        {
            "accountId": "{account}",
            "arn": arn("guardduty", "detector/{id}"),
            "findingPublishingFrequency": "SIX_HOURS",
        },
    ),
    "aws:guardduty/detectorFeature:DetectorFeature": Shape("{detectorId}/{name}"),
    "aws:securityhub/account:Account": Shape("{account}", {"arn": arn("securityhub", "hub/default")}),
    "aws:securityhub/standardsSubscription:StandardsSubscription": Shape("{arn}", {"arn": _subscription_arn}),
    # What an application of the public repository hands out, its template alone says.
    "aws:serverlessrepository/cloudFormationStack:CloudFormationStack": Shape(
        "arn:{partition}:cloudformation:{region}:{account}:stack/serverlessrepo-{name}/{uuid:}",
        {"semanticVersion": "1.0.0"},
    ),
    "aws:servicecatalog/appregistryApplication:AppregistryApplication": Shape(
        "{alnum:26}",
        {
            "applicationTag": texts(
                awsApplication="arn:{partition}:resource-groups:{region}:{account}:group/{name}/{id}"
            ),
            "arn": arn("servicecatalog", "/applications/{id}"),
        },
    ),
    "aws:sns/topic:Topic": with_arn(
        arn("sns", "{name}"),
        beginningArchiveTime="",
        owner="{account}",
        signatureVersion=1,
        tracingConfig="PassThrough",
    ),
    "aws:sns/topicPolicy:TopicPolicy": Shape("{arn}", {"owner": "{account}"}),
    "aws:sns/topicSubscription:TopicSubscription": with_arn(
        "{topic}:{uuid:}",
        confirmationWasAuthenticated=lambda facts: not _needs_confirmation(facts),
        ownerId="{account}",
        pendingConfirmation=_needs_confirmation,
    ),
}
