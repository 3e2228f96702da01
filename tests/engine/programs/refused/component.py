"""A component of `pulumi_awsx` that has no stand-in."""

import pulumi_awsx as awsx

awsx.cloudtrail.Trail("t")
