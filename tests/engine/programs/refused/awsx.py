"""Components of `pulumi_awsx`."""

import pulumi_awsx as awsx

awsx.ec2.Vpc("v")
