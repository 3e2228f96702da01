"""Functions with an API, queues, streams, schedules."""

import json

import pulumi
import pulumi_aws as aws

role = aws.iam.Role(
    "r",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
            ],
        }
    ),
)
f = aws.lambda_.Function(
    "f",
    role=role.arn,
    runtime="python3.12",
    handler="h.h",
    code=pulumi.AssetArchive({"h.py": pulumi.StringAsset("x=1")}),
    environment={"variables": {"A": "b"}},
    tracing_config={"mode": "Active"},
)
api = aws.apigatewayv2.Api("api", protocol_type="HTTP")
i = aws.apigatewayv2.Integration(
    "i", api_id=api.id, integration_type="AWS_PROXY", integration_uri=f.arn, payload_format_version="2.0"
)
rt = aws.apigatewayv2.Route("rt", api_id=api.id, route_key="GET /", target=i.id.apply(lambda x: "integrations/" + x))
st = aws.apigatewayv2.Stage("st", api_id=api.id, name="$default", auto_deploy=True)
aws.lambda_.Permission(
    "p",
    action="lambda:InvokeFunction",
    function=f.name,
    principal="apigateway.amazonaws.com",
    source_arn=pulumi.Output.concat(api.execution_arn, "/*/*"),
)
aws.lambda_.FunctionUrl("fu", function_name=f.name, authorization_type="NONE")
q = aws.sqs.Queue("q", visibility_timeout_seconds=200)
aws.lambda_.EventSourceMapping("m", event_source_arn=q.arn, function_name=f.arn)
t = aws.dynamodb.Table(
    "t",
    attributes=[{"name": "id", "type": "S"}],
    hash_key="id",
    billing_mode="PAY_PER_REQUEST",
    stream_enabled=True,
    stream_view_type="NEW_IMAGE",
)
aws.lambda_.EventSourceMapping("m2", event_source_arn=t.stream_arn, function_name=f.arn, starting_position="LATEST")
r = aws.cloudwatch.EventRule("er", schedule_expression="rate(5 minutes)")
aws.cloudwatch.EventTarget("et", rule=r.name, arn=f.arn)
tp = aws.sns.Topic("tp")
aws.sns.TopicSubscription("ts", topic=tp.arn, protocol="lambda", endpoint=f.arn)
pulumi.export("u", api.api_endpoint)
