"""A component, a transformation, providers of two regions."""

import pulumi
import pulumi_aws as aws


def t(args):
    if args.type_ == "aws:s3/bucket:Bucket":
        args.props["tags"] = {**(args.props.get("tags") or {}), "a": "b"}
    return pulumi.ResourceTransformationResult(args.props, args.opts)


pulumi.runtime.register_stack_transformation(t)


class C(pulumi.ComponentResource):
    def __init__(self, n, opts=None):
        super().__init__("x:y:C", n, None, opts)
        self.b = aws.s3.Bucket(
            n + "-b",
            opts=pulumi.ResourceOptions(
                parent=self, protect=False, retain_on_delete=True, aliases=[pulumi.Alias(name="old")]
            ),
        )
        self.register_outputs({"n": self.b.bucket})


c = C("c")
p = aws.Provider(
    "eu",
    region="eu-west-1",
    default_tags={"tags": {"cost_center": "y"}},
    assume_roles=[{"role_arn": "arn:aws:iam::123456789012:role/r", "session_name": "s"}],
)
aws.s3.Bucket("eu", opts=pulumi.ResourceOptions(provider=p, ignore_changes=["tags"]))
pulumi.export("n", c.b.bucket_domain_name)
