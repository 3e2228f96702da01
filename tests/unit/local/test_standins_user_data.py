"""What starts nodes of each system, as pulumi-eks's own tests expect it (`userdata.test.ts`, `ami.test.ts`)."""

from __future__ import annotations

import base64
import email
import tomllib
from typing import Any

import pulumi_eks as eks
import pytest
import yaml

from local.providers.eks import systems
from local.providers.eks.user_data import user_data
from local.providers.monitor import Output, Registered
from local.providers.package import Refused
from local.providers.values import UNKNOWN, Values

CLUSTER: Values = {
    "name": "c",
    "endpoint": "https://e",
    "certificateAuthority": {"data": "CA"},
    "kubernetesNetworkConfig": {"ipFamily": "ipv4", "serviceIpv4Cidr": "10.100.0.0/16"},
}
OLD = {"kind": "self-managed-v1", "stack": "nodes-1234", "region": "us-west-2"}
NEW = {"kind": "self-managed-v2", "stack": "nodes"}
MANAGED = {"kind": "managed"}
SIGNAL = "/opt/aws/bin/cfn-signal --exit-code $? --stack nodes-1234 --resource NodeGroup --region us-west-2\n"
START = '#!/bin/bash\n\n/etc/eks/bootstrap.sh --apiserver-endpoint "https://e" --b64-cluster-ca "CA" "c"'
MIME = 'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="==MYBOUNDARY=="\n\n--==MYBOUNDARY==\n'
MIME += 'Content-Type: text/x-shellscript; charset="us-ascii"\n\n%s\n--==MYBOUNDARY==--'
LABELS = {"ondemand": "true"}
SCRIPT = '#!/bin/bash\necho "Hello, World!"'


def written(group: Values, system: str, **options: Any) -> str:
    changed = options.pop("cluster", {})
    given = {name: Output(value) for name, value in options.items()}
    text = user_data(group, Registered("urn", "c", {**CLUSTER, **changed}), Output(system), given).value
    return base64.b64decode(text).decode()


@pytest.mark.parametrize(
    ("group", "options", "expected"),
    [
        (MANAGED, {"kubeletExtraArgs": "--max-pods=500"}, MIME % f"{START} --kubelet-extra-args --max-pods=500"),
        (OLD, {}, f"{START}\n\n{SIGNAL}"),
        (NEW, {"labels": LABELS}, f"{START} --kubelet-extra-args --node-labels=ondemand=true\n\n"),
        (NEW, {"bootstrapExtraArgs": "--use-max-pods false"}, f"{START} --use-max-pods false\n\n"),
        (
            MANAGED,
            {"labels": LABELS, "taints": {"special": {"effect": "NoSchedule"}}},
            MIME
            % f"{START} --kubelet-extra-args '--node-labels=ondemand=true --register-with-taints=special:NoSchedule'",
        ),
        (
            NEW,
            {"script": SCRIPT},
            f"{START}\ncat >/opt/user-data <<nodes-user-data\n{SCRIPT}\nnodes-user-data\n"
            "chmod +x /opt/user-data\n/opt/user-data\n\n",
        ),
        (NEW, {"override": SCRIPT, "bottlerocketSettings": {"a": 1}}, SCRIPT),
    ],
)
def test_al2_starts_by_its_script(group: Values, options: Values, expected: str) -> None:
    assert written(group, "AL2", **options) == expected


EXTRA = [{"contentType": 'text/x-shellscript; charset="us-ascii"', "content": SCRIPT}]
CONFIG = {
    "cluster": {"name": "c", "apiServerEndpoint": "https://e", "certificateAuthority": "CA", "cidr": "10.100.0.0/16"}
}


@pytest.mark.parametrize(
    ("group", "options", "specs", "scripts"),
    [
        (
            MANAGED,
            {"kubeletExtraArgs": "--max-pods=500", "nodeadmExtraOptions": EXTRA},
            [CONFIG, {"kubelet": {"flags": ["--max-pods=500"]}}],
            [SCRIPT],
        ),
        (NEW, {"labels": LABELS}, [CONFIG, {"kubelet": {"flags": ["--node-labels=ondemand=true"]}}], []),
        (OLD, {"nodeadmExtraOptions": EXTRA}, [CONFIG], [SCRIPT, f"#!/bin/bash\n\n{SIGNAL}"]),
        (NEW, {"nodeadmExtraOptions": EXTRA, "script": "#!/bin/sh"}, [CONFIG], [SCRIPT, "#!/bin/sh"]),
        (
            MANAGED,
            {"taints": {"a": {"value": "b", "effect": "NoSchedule"}, "c": {"effect": "NoExecute"}}},
            [CONFIG, {"kubelet": {"flags": ["--register-with-taints=a=b:NoSchedule,c:NoExecute"]}}],
            [],
        ),
    ],
)
def test_al2023_starts_by_nodeadm(group: Values, options: Values, specs: list[Values], scripts: list[str]) -> None:
    message = email.message_from_string(written(group, "AL2023", **options))
    parts = [(part.get_content_type(), str(part.get_payload())) for part in message.walk() if not part.is_multipart()]
    documents = [yaml.safe_load(content) for kind, content in parts if kind == "application/node.eks.aws"]
    assert [each["spec"] for each in documents] == specs
    assert {(each["apiVersion"], each["kind"]) for each in documents} == {("node.eks.aws/v1alpha1", "NodeConfig")}
    assert [content for kind, content in parts if kind == "text/x-shellscript"] == scripts


SETTINGS = """
[settings.kubernetes]
api-server = "https://e"
cluster-certificate = "CA"
cluster-dns-ip = "10.100.0.10"
cluster-name = "c"
"""


@pytest.mark.parametrize(
    ("group", "options", "expected"),
    [
        (MANAGED, {}, SETTINGS),
        (
            MANAGED,
            {
                "bottlerocketSettings": {
                    "settings": {"host-containers": {"admin": {"enabled": True}}, "kubernetes": {"max-pods": 1500}}
                }
            },
            f"[settings.host-containers.admin]\nenabled = true\n{SETTINGS}max-pods = 1_500\n",
        ),
        (
            MANAGED,
            {"bottlerocketSettings": {"settings": {"kubernetes": {"cluster-dns-ip": "127.0.0.1"}}}},
            SETTINGS.replace("10.100.0.10", "127.0.0.1"),
        ),
        (
            NEW,
            {"labels": LABELS, "taints": {"os": {"value": "bottlerocket", "effect": "NoSchedule"}}},
            f'{SETTINGS}[settings.kubernetes.node-labels]\nondemand = "true"\n'
            '[settings.kubernetes.node-taints]\nos = "bottlerocket:NoSchedule"\n',
        ),
        (
            NEW,
            {"labels": {"a.b/c": "x"}, "taints": {"special": {"effect": "NoSchedule"}}},
            f'{SETTINGS}[settings.kubernetes.node-labels]\n"a.b/c" = "x"\n'
            '[settings.kubernetes.node-taints]\nspecial = ":NoSchedule"\n',
        ),
        (
            OLD,
            {"bottlerocketSettings": {"settings": {"ntp": {"time-servers": ["a", "b"]}}}},
            '[settings.cloudformation]\nshould-signal = true\nstack-name = "nodes-1234"\n'
            f'logical-resource-id = "NodeGroup"\n{SETTINGS}[settings.ntp]\ntime-servers = ["a", "b"]\n',
        ),
        (
            NEW,
            {"cluster": {"kubernetesNetworkConfig": {"ipFamily": "ipv6", "serviceIpv6Cidr": "fd30:1c53:5f8a::/108"}}},
            SETTINGS.replace("10.100.0.10", "fd30:1c53:5f8a::a"),
        ),
    ],
)
def test_bottlerocket_starts_by_settings(group: Values, options: Values, expected: str) -> None:
    assert tomllib.loads(written(group, "Bottlerocket", **options)) == tomllib.loads(expected)


@pytest.mark.parametrize(
    ("system", "option", "value", "reason"),
    [
        ("AL2", "bottlerocketSettings", {"a": 1}, "not supported for Linux based user data."),
        ("AL2023", "bottlerocketSettings", {"a": 1}, "not supported for nodeadm based user data."),
        ("AL2023", "bootstrapExtraArgs", "-x", "not supported for nodeadm based user data."),
        ("Bottlerocket", "bootstrapExtraArgs", "-x", "not supported with Bottlerocket."),
        ("Bottlerocket", "kubeletExtraArgs", "-x", "not supported with Bottlerocket."),
        ("Bottlerocket", "script", "#!/bin/sh", "does not support running scripts"),
    ],
)
def test_what_a_system_cannot_be_told_is_refused(system: str, option: str, value: Any, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        written(NEW, system, **{option: value})


def test_what_is_unknown_stays_unknown() -> None:
    cluster = Registered("urn", UNKNOWN, {**CLUSTER, "endpoint": UNKNOWN})
    assert user_data(MANAGED, cluster, Output("AL2"), {}).value is UNKNOWN


# https://docs.aws.amazon.com/eks/latest/userguide/retrieve-ami-id.html and retrieve-ami-id-bottlerocket.html
_EKS = "/aws/service/eks/optimized-ami/1.33"
_ROCKET = "/aws/service/bottlerocket/aws-k8s-1.33"
PARAMETERS = {
    ("AL2", False, False): f"{_EKS}/amazon-linux-2/recommended/image_id",
    ("AL2", True, False): f"{_EKS}/amazon-linux-2-arm64/recommended/image_id",
    ("AL2", False, True): f"{_EKS}/amazon-linux-2-gpu/recommended/image_id",
    ("AL2023", False, False): f"{_EKS}/amazon-linux-2023/x86_64/standard/recommended/image_id",
    ("AL2023", True, False): f"{_EKS}/amazon-linux-2023/arm64/standard/recommended/image_id",
    ("AL2023", False, True): f"{_EKS}/amazon-linux-2023/x86_64/nvidia/recommended/image_id",
    ("Bottlerocket", False, False): f"{_ROCKET}/x86_64/latest/image_id",
    ("Bottlerocket", True, False): f"{_ROCKET}/arm64/latest/image_id",
    ("Bottlerocket", False, True): f"{_ROCKET}-nvidia/x86_64/latest/image_id",
    ("Bottlerocket", True, True): f"{_ROCKET}-nvidia/arm64/latest/image_id",
}


@pytest.mark.parametrize(("system", "arm", "gpu"), PARAMETERS)
def test_each_system_has_its_images(system: str, arm: bool, gpu: bool) -> None:
    sizes = ["m7g.large", "c6gn.xlarge"] if arm else ["g5.xlarge", "m7i.large"]
    asked = None if system == "AL2023" else system
    expected = PARAMETERS[system, arm, gpu]
    assert systems.parameter("1.33", None, asked, gpu, sizes) == expected
    kind = systems.type_of(None, asked, gpu, sizes)
    assert systems.parameter("1.33", kind, None, None, []) == expected
    assert kind in {each.value for each in eks.AmiType}
    assert systems.system_of(kind, None) == system


def test_the_types_are_those_of_the_sdk() -> None:
    assert {systems.system_of(each.value, None) for each in eks.AmiType} == {"AL2", "AL2023", "Bottlerocket"}
    assert {each.value for each in eks.OperatingSystem} == {"AL2", "AL2023", "Bottlerocket"}


@pytest.mark.parametrize(
    ("kind", "asked", "gpu", "sizes", "reason"),
    [
        ("WINDOWS_CORE_2022_x86_64", None, False, [], "Cannot determine OS of unknown AMI type"),
        ("AL2_ARM_64", "AL2023", False, [], "does not match the detected operating system 'AL2' of AMI type"),
        (None, "AL2", True, ["m7g.large"], "No AMI type found for OS: AL2, GPU support: true, architecture: arm64"),
        (None, None, False, ["m7g.large", "m7i.large"], "do not share a common architecture"),
    ],
)
def test_images_that_there_are_not_are_refused(
    kind: str | None, asked: str | None, gpu: bool, sizes: list[str], reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        systems.type_of(kind, asked, gpu, sizes)
