"""The stand-in providers under the real engine: small programs from preview to destroy, and what stops them."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Any, TypeVar

import pulumi
import pulumi_aws as aws
import pulumi_eks as eks
import pulumi_kubernetes as kubernetes
import pulumi_random as random
import pytest

from local.engine import Session
from local.project import Project
from local.providers import Hook, Operation, serve

pytestmark = pytest.mark.engine

T = TypeVar("T")
TRUST = '{"Version":"2012-10-17","Statement":[]}'


def session(program: Callable[[], None], hook: Hook | None = None, backend: Path | None = None) -> Session:
    start: Callable[[], AbstractContextManager[dict[str, int]]] = partial(serve, hook)
    return Session(project=Project.inline(program), serve=start, backend=backend)


def apart(function: Callable[..., T], *arguments: object) -> T:
    """Call a function in a process of its own: the SDK leaves a failed program pending until its process ends."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
        return process.submit(function, *arguments).result()


def exported(running: Session) -> dict[str, dict[str, Any]]:
    """The resources of the stack by name."""
    state = json.loads(running.export())
    return {resource["urn"].rsplit("::", 1)[-1]: resource for resource in state["deployment"]["resources"]}


def provider(name: str = "aws", region: str = "us-east-1") -> aws.Provider:
    tags = aws.ProviderDefaultTagsArgs(tags={"Owner": "sre"})
    return aws.Provider(name, region=region, allowed_account_ids=["210987654321"], default_tags=tags)


def small_platform() -> None:
    """A network, a cluster with nodes and an add-on, a namespace and a release in it, and a password."""
    opts = pulumi.ResourceOptions(provider=provider())
    remote = pulumi.ResourceOptions(providers=[opts.provider] if opts.provider else [])
    vpc = aws.ec2.Vpc("vpc", cidr_block="10.0.0.0/16", opts=opts)
    subnet = aws.ec2.Subnet("subnet", vpc_id=vpc.id, cidr_block="10.0.0.0/24", opts=opts)
    role = aws.iam.Role("role", assume_role_policy=TRUST, opts=opts)
    cluster = eks.Cluster(
        "cluster",
        authentication_mode=eks.AuthenticationMode.API,
        create_oidc_provider=True,
        private_subnet_ids=[subnet.id],
        service_role=role,
        skip_default_node_group=True,
        skip_default_security_groups=True,
        use_default_vpc_cni=True,
        vpc_id=vpc.id,
        opts=remote,
    )
    nodes = eks.ManagedNodeGroup("nodes", cluster=cluster, node_role=role, opts=remote)
    eks.Addon("dns", cluster=cluster, addon_name="coredns", opts=pulumi.ResourceOptions.merge(remote, _after(nodes)))
    inside = pulumi.ResourceOptions(provider=kubernetes.Provider("inside", kubeconfig=cluster.kubeconfig_json))
    namespace = kubernetes.core.v1.Namespace("apps", metadata={"name": "apps"}, opts=inside)
    kubernetes.helm.v3.Release("app", chart="app", namespace=namespace.metadata["name"], opts=inside)
    random.RandomPassword("password", length=20)
    pulumi.export("issuer", cluster.oidc_issuer)
    pulumi.export("cluster", cluster.eks_cluster.name)


def _after(resource: pulumi.Resource) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(depends_on=[resource])


def test_a_small_platform_lives_from_preview_to_destroy() -> None:
    with session(small_platform) as running:
        assert running.preview().ok
        assert running.up().ok
        outputs = json.loads(running.outputs())
        assert outputs["issuer"].startswith("oidc.eks.us-east-1.amazonaws.com/id/")
        resources = exported(running)
        assert resources["nodes"]["outputs"]["clusterName"] == outputs["cluster"]
        assert resources["password"]["outputs"]["result"] is not None
        assert running.preview(expect_no_changes=True).ok
        assert running.refresh(expect_no_changes=True).ok
        assert running.destroy().ok


def test_regions_stand_side_by_side() -> None:
    def program() -> None:
        here, there = provider("here"), provider("there", "eu-west-1")
        aws.kms.Key("here-key", opts=pulumi.ResourceOptions(provider=here))
        aws.kms.Key("moved-key", region="us-west-2", opts=pulumi.ResourceOptions(provider=here))
        aws.kms.Key("there-key", opts=pulumi.ResourceOptions(provider=there))

    with session(program) as running:
        assert running.up().ok
        resources = exported(running)
        regions = {name: resources[name]["outputs"]["arn"].split(":")[3] for name in resources if name.endswith("-key")}
        assert regions == {"here-key": "us-east-1", "moved-key": "us-west-2", "there-key": "eu-west-1"}
        assert resources["here-key"]["inputs"]["tagsAll"] == {"Owner": "sre"}


def misspelt() -> None:
    rules: Any = [{"id": "old", "status": "Enabled", "expirations": {"days": 1}}]
    opts = pulumi.ResourceOptions(provider=provider())
    aws.s3.BucketLifecycleConfiguration("lifecycle", bucket="b", rules=rules, opts=opts)


def private_with_public_addresses() -> None:
    eks.Cluster(
        "cluster",
        authentication_mode=eks.AuthenticationMode.API,
        endpoint_public_access=False,
        public_access_cidrs=["198.51.100.7/32"],
        skip_default_node_group=True,
        vpc_id="vpc-1",
        opts=pulumi.ResourceOptions(providers=[provider()]),
    )


@pytest.mark.parametrize(
    ("program", "told"),
    [
        (misspelt, ("resource 'lifecycle': property rules[0].expirations", "(did you mean expiration?)")),
        (
            private_with_public_addresses,
            ("publicAccessCidrs", "`publicAccessCidrs` can only be set when `endpointPublicAccess` is true"),
        ),
    ],
)
def test_a_mistake_stops_the_preview_and_names_its_path(program: Callable[[], None], told: tuple[str, ...]) -> None:
    ok, output = apart(_preview, program)
    assert not ok
    assert all(text in output for text in told)


def _preview(program: Callable[[], None]) -> tuple[bool, str]:
    with session(program) as running:
        outcome = running.preview()
    return outcome.ok, outcome.stdout


def test_a_replacement_with_an_automatic_name_comes_first_and_one_with_a_fixed_name_last() -> None:
    path = ["/"]
    heard: list[Operation] = []

    def program() -> None:
        opts = pulumi.ResourceOptions(provider=provider())
        aws.iam.Role("automatic", assume_role_policy=TRUST, path=path[0], opts=opts)
        aws.iam.Role("fixed", name="fixed", assume_role_policy=TRUST, path=path[0], opts=opts)

    with session(program, heard.append) as running:
        assert running.up().ok
        heard.clear()
        path[0] = "/moved/"
        assert running.up().ok
    order = {name: [each.kind for each in heard if each.urn.endswith(f"::{name}")] for name in ("automatic", "fixed")}
    assert order == {"automatic": ["create", "delete"], "fixed": ["delete", "create"]}
    assert len({each.id for each in heard if each.urn.endswith("::automatic")}) == 2


def _up(backend: Path, failing: str) -> tuple[bool, str, set[str]]:
    """Deploy the small platform, where creations of one type fail: success, output, and what was created."""
    created = set()

    def hook(operation: Operation) -> None:
        if operation.type == failing:
            raise TimeoutError("timeout while waiting for the subnet")
        if operation.kind == "create":
            created.add(operation.urn)

    with session(small_platform, hook, backend) as running:
        outcome = running.up()
    return outcome.ok, outcome.stdout, created


def test_a_failed_creation_is_made_good_by_the_next_run(tmp_path: Path) -> None:
    failed, output, first = apart(_up, tmp_path, "aws:ec2/subnet:Subnet")
    succeeded, _, second = apart(_up, tmp_path, "")
    assert (failed, succeeded) == (False, True)
    assert "timeout while waiting for the subnet" in output
    assert first
    assert second
    assert not first & second
