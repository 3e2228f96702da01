"""Coroutines, the stack's names, messages."""

import pulumi
import pulumi_aws as aws


async def main():
    z = (
        await aws.get_availability_zones_async()
        if hasattr(aws, "get_availability_zones_async")
        else aws.get_availability_zones()
    )
    return len(z.names)


pulumi.export("n", pulumi.Output.from_input(main()))
pulumi.export("s", pulumi.get_stack())
pulumi.export("p", pulumi.get_project())
pulumi.export("o", pulumi.get_organization())
pulumi.log.warn("hello")
