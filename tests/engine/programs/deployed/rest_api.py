"""A REST API, a state machine, users, streams, keys."""

import json

import pulumi
import pulumi_aws as aws

api = aws.apigateway.RestApi(
    "a", body=json.dumps({"openapi": "3.0.1", "info": {"title": "x", "version": "1"}, "paths": {}})
)
d = aws.apigateway.Deployment("d", rest_api=api.id, triggers={"v": "1"})
s = aws.apigateway.Stage("s", rest_api=api.id, deployment=d.id, stage_name="v1")
pulumi.export("u", s.invoke_url)
sfr = aws.iam.Role(
    "r",
    assume_role_policy=json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "states.us-east-1.amazonaws.com"},
                    "Action": "sts:AssumeRole",
                }
            ],
        }
    ),
)
aws.sfn.StateMachine(
    "sm", role_arn=sfr.arn, definition=json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
)
up = aws.cognito.UserPool("up")
aws.cognito.UserPoolClient("uc", user_pool_id=up.id)
aws.kinesis.Stream("k", shard_count=1, retention_period=48, shard_level_metrics=["IncomingBytes"])
aws.secretsmanager.Secret("sec")
k = aws.kms.Key("k")
aws.kms.Alias("al", name="alias/x", target_key_id=k.key_id)
