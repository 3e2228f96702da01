"""Programs of others through `--project`: small ones, by what they ask of the engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.engine.conftest import ROOT
from tests.limits import HANGING_SECONDS

pytestmark = pytest.mark.engine

SETTINGS = "name: sample\nruntime: python\n"

# What a program asks for → its files. Each has to deploy, and to have nothing to change afterwards.
PROGRAMS: dict[str, dict[str, str]] = {
    "a resource and no stack file": {"__main__.py": "import pulumi_aws as aws\naws.s3.Bucket('b')\n"},
    "main in a folder": {
        "Pulumi.yaml": f"{SETTINGS}main: src/\n",
        "src/__main__.py": "import helper\nhelper.make()\n",
        "src/helper.py": "import pulumi_aws as aws\ndef make():\n    aws.sqs.Queue('q')\n",
    },
    "main in a file": {
        "Pulumi.yaml": "name: sample\nruntime:\n  name: python\n  options: {virtualenv: venv}\nmain: infra.py\n",
        "infra.py": "import pulumi_aws as aws\naws.sqs.Queue('q')\n",
    },
    "files of its own": {
        "__main__.py": "import pulumi_aws as aws\naws.iam.Policy('p', policy=open('policy.json').read())\n",
        "policy.json": '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}',
    },
    "relative assets and archives": {
        "__main__.py": """\
import pulumi, pulumi_aws as aws
bucket = aws.s3.Bucket('b')
aws.s3.BucketObject('page', bucket=bucket.id, source=pulumi.FileAsset('site/index.html'))
role = aws.iam.Role('r', assume_role_policy='{}')
aws.lambda_.Function('f', role=role.arn, runtime='python3.14', handler='h.main', code=pulumi.AssetArchive({
    '.': pulumi.FileArchive('./site'), 'h.py': pulumi.StringAsset('def main(*_): pass')}))
""",
        "site/index.html": "<p>hello</p>",
    },
    "configuration with defaults of the project": {
        "Pulumi.yaml": f"""\
{SETTINGS}config:
  size: {{type: integer, default: 3}}
  mode: {{default: on}}
  aws:region: eu-west-1
""",
        "Pulumi.dev.yaml": "config:\n  sample:label: blue\n",
        "__main__.py": """\
import pulumi, pulumi_aws as aws
config = pulumi.Config()
assert config.require('mode') == 'on'
assert (config.require_int('size'), config.require('label'), aws.get_region().region) == (3, 'blue', 'eu-west-1')
aws.sqs.Queue('q')
""",
    },
    "functions that follow from their arguments": {
        "__main__.py": """\
import pulumi_aws as aws
statement = {'actions': ['sts:AssumeRole'], 'principals': [{'type': 'Service', 'identifiers': ['ec2.amazonaws.com']}]}
document = aws.iam.get_policy_document(statements=[statement])
aws.iam.Role('r', assume_role_policy=document.json)
bucket = aws.s3.Bucket('b')
later = aws.iam.get_policy_document_output(statements=[{'actions': ['s3:*'], 'resources': [bucket.arn]}])
aws.iam.Policy('p', policy=later.json)
""",
    },
    "zones, an image and the default network": {
        "__main__.py": """\
import pulumi_aws as aws
zones = aws.get_availability_zones(state='available')
vpc = aws.ec2.get_vpc(default=True)
subnets = aws.ec2.get_subnets(filters=[{'name': 'vpc-id', 'values': [vpc.id]}])
image = aws.ec2.get_ami(most_recent=True, owners=['amazon'], filters=[{'name': 'name', 'values': ['al2023-ami-*']}])
for zone, subnet in zip(zones.names, subnets.ids, strict=True):
    aws.ec2.Instance(zone, ami=image.id, instance_type='t3.micro', subnet_id=subnet, availability_zone=zone)
""",
    },
    "lookups that it declares": {
        "lookups.yaml": """\
aws:route53/getZone:getZone:
  - arguments: {name: example.com}
    result: {id: Z123, zoneId: Z123, name: example.com}
aws:ec2/vpc:Vpc:
  - arguments: {id: vpc-1}
    result: {id: vpc-1, cidrBlock: 10.9.0.0/16}
""",
        "__main__.py": """\
import pulumi_aws as aws
zone = aws.route53.get_zone(name='example.com')
vpc = aws.ec2.Vpc.get('shared', 'vpc-1')
aws.ec2.Subnet('s', vpc_id=vpc.id, cidr_block=vpc.cidr_block)
aws.route53.Record('r', zone_id=zone.zone_id, name='a', type='A', ttl=60, records=['192.0.2.1'])
""",
    },
    "a cluster of EKS by its defaults, a kubeconfig with a role, a policy as an object": {
        "__main__.py": """\
import pulumi, pulumi_aws as aws, pulumi_eks as eks, pulumi_kubernetes as k8s
cluster = eks.Cluster('c')
provider = k8s.Provider('p', kubeconfig=cluster.kubeconfig_json)
k8s.core.v1.Namespace('n', opts=pulumi.ResourceOptions(provider=provider))
plain = k8s.Provider('plain', kubeconfig=cluster.kubeconfig)
k8s.core.v1.ConfigMap('m', data={'a': 'b'}, opts=pulumi.ResourceOptions(provider=plain))
trust = {'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': '*'}]}
admin = aws.iam.Role('admin', assume_role_policy=trust)
by_role = k8s.Provider('by-role', kubeconfig=cluster.get_kubeconfig(profile_name='p', role_arn=admin.arn))
k8s.core.v1.ConfigMap('by-role', data={'a': 'b'}, opts=pulumi.ResourceOptions(provider=by_role))
eks.Cluster('small', instance_type='t4g.medium', desired_capacity=1, min_size=1, max_size=1, node_root_volume_size=50)
""",
    },
    "accounts of AWS, zones, public parameters, a registry's token": {
        "__main__.py": """\
import pulumi_aws as aws
accounts = aws.elb.get_service_account().arn, aws.cloudtrail.get_service_account(region='eu-west-1').id
assert accounts == ('arn:aws:iam::127311923021:root', '859597730677'), accounts
assert aws.get_availability_zone(name='us-east-1b').zone_id == 'use1-az2'
image = aws.ssm.get_parameter(name='/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64').value
aws.ec2.Instance('i', ami=image, instance_type='t3.nano')
repository = aws.ecr.Repository('r')
token = aws.ecr.get_authorization_token_output(registry_id=repository.registry_id)
aws.ssm.Parameter('user', type='String', value=token.user_name)
aws.ssm.Parameter('at', type='String', value=aws.ecr.get_credentials_output(repository.registry_id).proxy_endpoint)
""",
    },
    "random values of every kind": {
        "__main__.py": """\
import pulumi_random as random
random.RandomPet('pet', length=3, prefix='p')
random.RandomInteger('integer', min=3, max=5)
random.RandomShuffle('shuffle', inputs=['a', 'b'], result_count=3)
random.RandomBytes('bytes', length=4)
random.RandomUuid7('uuid')
""",
    },
    "manifests of Kubernetes": {
        "__main__.py": "import pulumi_kubernetes as k8s\nk8s.yaml.ConfigFile('f', file='objects.yaml')\n",
        "objects.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: b}\n",
    },
}

ZONE = "import pulumi_aws as aws\naws.route53.get_zone(name='example.com')\n"
MISSING = "import pulumi, pulumi_aws as aws\naws.s3.BucketObject('o', bucket='b', source=pulumi.FileAsset('no'))\n"
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "nodejs": ({"Pulumi.yaml": "name: sample\nruntime: nodejs\n", "index.ts": ""}, "runtime: nodejs is not supported"),
    "yaml": ({"Pulumi.yaml": "name: sample\nruntime: yaml\nresources: {}\n"}, "runtime: yaml is not supported"),
    "no program": ({}, "holds no program"),
    "a lookup": ({"__main__.py": ZONE}, '- arguments: {name: "example.com"}'),
    "an asset": ({"__main__.py": MISSING}, "no such file"),
}

WRITTEN = Path(__file__).parent / "programs"
# In the manner of public ones; each with files of its own in the folder of its name.
DEPLOYED = sorted((WRITTEN / "deployed").glob("*.py"))
NOT_DEPLOYED = sorted((WRITTEN / "refused").glob("*.py"))
# What the refusal of each says.
SAID = {
    "chart_v3": "install the chart with helm.v3.Release",
    "chart_v4": "install the chart with helm.v3.Release",
    "component": "the stand-in for awsx does not offer awsx:cloudtrail:Trail",
    "kustomize": "kubectl kustomize",
    "library": "the program needs nosuchlibrary: install it",
    "lookup": '- arguments: {bucket: "x"}',
    "manifest_on_the_web": "manifests are not downloaded offline",
    "sdk": "the program needs pulumi_datadog: install it",
}


def files_of(program: Path) -> dict[str, str]:
    """The files of a project whose program is one file, with those in the folder of the same name."""
    beside = [path for path in program.with_suffix("").rglob("*") if path.is_file()]
    more = {str(path.relative_to(program.with_suffix(""))): path.read_text() for path in beside}
    return {"__main__.py": program.read_text(), **more}


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in {"Pulumi.yaml": SETTINGS, **files}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def local(command: str, project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m local` on a project, with local state beside it."""
    return subprocess.run(
        [sys.executable, "-m", "local", command, "--project", str(project), "--stack", "dev", *arguments],
        cwd=ROOT,
        env={**os.environ, "XDG_STATE_HOME": str(project.parent / "state")},
        check=False,
        capture_output=True,
        text=True,
        timeout=HANGING_SECONDS,
    )


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_program_is_deployed_and_then_has_nothing_to_change(kind: str, tmp_path: Path) -> None:
    deploy_twice(PROGRAMS[kind], tmp_path)


@pytest.mark.parametrize("program", DEPLOYED, ids=lambda path: path.stem)
def test_a_program_in_the_manner_of_public_ones_is_deployed(program: Path, tmp_path: Path) -> None:
    deploy_twice(files_of(program), tmp_path)


OF_COMPONENTS = [path for path in DEPLOYED if re.search("pulumi_(eks|awsx|aws_apigateway)", path.read_text())]


@pytest.mark.parametrize("program", OF_COMPONENTS, ids=lambda path: path.stem)
def test_components_are_foreseen_though_nothing_exists_yet(program: Path, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(project, files_of(program))
    foreseen = local("preview", project, "--no-policies")
    assert foreseen.returncode == 0, foreseen.stdout + foreseen.stderr


def deploy_twice(files: dict[str, str], folder: Path) -> None:
    project = folder / "project"
    write(project, files)
    up = local("up", project, "--no-policies")
    assert up.returncode == 0, up.stdout + up.stderr
    again = local("preview", project, "--no-policies", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr
    found = {str(path.relative_to(project)) for path in project.rglob("*") if path.is_file() and path.suffix != ".pyc"}
    assert found == {"Pulumi.yaml", *files}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_run_is_refused_with_the_reason(kind: str, tmp_path: Path) -> None:
    refuse(*REFUSED[kind], tmp_path)


@pytest.mark.parametrize("program", NOT_DEPLOYED, ids=lambda path: path.stem)
def test_a_program_in_the_manner_of_public_ones_is_refused(program: Path, tmp_path: Path) -> None:
    refuse(files_of(program), SAID[program.stem], tmp_path)


def test_a_secret_of_kubernetes_is_nowhere_in_clear(tmp_path: Path) -> None:
    project = tmp_path / "project"
    write(project, files_of(WRITTEN / "deployed" / "manifests.py"))
    up = local("up", project, "--no-policies", "--diff")
    assert up.returncode == 0, up.stdout + up.stderr
    kept = [up.stdout, up.stderr, *(path.read_text() for path in tmp_path.rglob("*.json"))]
    assert [path for path in tmp_path.rglob("*.json") if "yaml/v2" in path.read_text()]
    assert not any("hidden" in text for text in kept)


def refuse(files: dict[str, str], told: str, folder: Path) -> None:
    project = folder / "project"
    write(project, files)
    done = local("preview", project, "--no-policies")
    assert done.returncode != 0
    assert told in done.stdout + done.stderr


OUTPUTS = (
    "import pulumi\npulumi.export('cidr', '10.9.0.0/16')\npulumi.export('token', pulumi.Output.secret('hidden'))\n"
)
REFERRING = """\
import pulumi, pulumi_aws as aws
base = pulumi.StackReference('acme/base/dev')
aws.ec2.Vpc('v', cidr_block=base.require_output('cidr'))
"""


def test_a_stack_refers_to_the_outputs_of_another_that_is_deployed_here(tmp_path: Path) -> None:
    base, user = tmp_path / "base", tmp_path / "user"
    write(base, {"Pulumi.yaml": "name: base\nruntime: python\n", "__main__.py": OUTPUTS})
    write(user, {"__main__.py": REFERRING})
    early = local("preview", user, "--no-policies")
    assert early.returncode != 0
    assert "organization/base/dev" in early.stdout + early.stderr
    assert local("up", base, "--no-policies").returncode == 0
    preview = local("preview", user, "--no-policies", "--json")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "10.9.0.0/16" in preview.stdout
    assert local("up", user, "--no-policies").returncode == 0
    assert local("preview", user, "--no-policies", "--expect-no-changes").returncode == 0
    assert local("destroy", user).returncode == 0
    assert '"cidr": "10.9.0.0/16"' in local("outputs", base).stdout
    assert local("destroy", base).returncode == 0
    assert local("preview", user, "--no-policies").returncode != 0
