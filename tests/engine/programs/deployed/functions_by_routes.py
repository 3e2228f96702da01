"""A REST API of `pulumi_aws_apigateway`: functions, a folder, a file, another server, authorizers."""

import re

import pulumi
import pulumi_aws as aws
import pulumi_aws_apigateway as apigateway

role = aws.iam.Role("role", assume_role_policy="{}")
function = aws.lambda_.Function(
    "function",
    role=role.arn,
    runtime="python3.13",
    handler="index.handler",
    code=pulumi.AssetArchive({"index.py": pulumi.StringAsset("def handler(event, context): return event")}),
)
pool = aws.cognito.UserPool("pool")
api = apigateway.RestAPI(
    "api",
    routes=[
        apigateway.RouteArgs(path="/", local_path="www"),
        apigateway.RouteArgs(path="page", local_path="www/index.html", content_type="text/html"),
        apigateway.RouteArgs(path="/date", method=apigateway.Method.GET, event_handler=function),
        apigateway.RouteArgs(path="/any", method=apigateway.Method.ANY, event_handler=function),
        apigateway.RouteArgs(
            path="/users",
            method=apigateway.Method.GET,
            event_handler=function,
            authorizers=[
                apigateway.AuthorizerArgs(
                    parameter_name="Authorization",
                    identity_source=["method.request.header.Authorization"],
                    provider_arns=[pool.arn],
                )
            ],
        ),
        apigateway.RouteArgs(
            path="/guarded",
            method=apigateway.Method.GET,
            event_handler=function,
            authorizers=[
                apigateway.AuthorizerArgs(auth_type="custom", parameter_name="token", type="token", handler=function)
            ],
            api_key_required=True,
        ),
        apigateway.RouteArgs(path="/proxy", target={"type": "http_proxy", "uri": "https://example.com"}),
    ],
    tags={"team": "sre"},
)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/how-to-call-api.html
FORM = re.compile(r"https://\w{10}\.execute-api\.us-east-1\.amazonaws\.com/stage/")
pulumi.export("called where AWS says", api.url.apply(lambda url: FORM.fullmatch(url)[0]))
