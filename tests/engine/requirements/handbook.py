"""Rows R81 to R85: state, configuration, prerequisites, outputs, runbooks."""

from __future__ import annotations

import json
import re
import tomllib

from config.reference import GUIDE_VARIABLES
from tests.engine.deployed import ROOT, Deployed
from tests.engine.requirements.support import (
    CLUSTER,
    primary,
    proves,
    redis,
    setting_of_buckets,
)
from tests.engine.test_deploy_role import REQUESTS
from tests.iam.roles import foundation
from tests.unit.stacks import parsed


@proves("a bootstrap for the state backend in S3 with a KMS secrets provider, which the stack expects there", 81)
def state_backend(d: Deployed) -> None:
    made, state = foundation("production"), parsed("production").access.state
    assert state is not None
    bucket, key = made.one("aws:s3/bucket:Bucket", "state-bucket"), made.one("aws:kms/key:Key")
    assert (bucket["bucket"], bucket.protect) == (state.bucket, True)
    assert (key["enableKeyRotation"], key.protect) == (True, True)
    alias = made.one("aws:kms/alias:Alias")
    assert (alias["name"], alias["targetKeyId"]) == (state.key_alias, key["keyId"])
    encryption = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    (rule,) = setting_of_buckets(made, encryption)[state.bucket]["rules"]
    assert rule["applyServerSideEncryptionByDefault"] == {"kmsMasterKeyId": key["arn"], "sseAlgorithm": "aws:kms"}
    versioning = setting_of_buckets(made, "aws:s3/bucketVersioning:BucketVersioning")[state.bucket]
    assert versioning["versioningConfiguration"]["status"] == "Enabled"
    blocked = setting_of_buckets(made, "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")[state.bucket]
    switches = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
    assert all(blocked[switch] is True for switch in switches)
    assert state.bucket in setting_of_buckets(made, "aws:s3/bucketLogging:BucketLogging")
    policy = setting_of_buckets(made, "aws:s3/bucketPolicy:BucketPolicy")[state.bucket]
    denied = [statement["Condition"] for statement in policy.document() if statement["Effect"] == "Deny"]
    assert '"aws:SecureTransport": "false"' in json.dumps(denied)
    region = parsed("production").region
    assert made.outputs["loginCommand"] == f"pulumi login 's3://{state.bucket}?region={region}'"
    assert made.outputs["secretsProvider"] == f"awskms://{state.key_alias}?region={region}"


@proves("every variable of the guide has its key", 82)
def configuration(d: Deployed) -> None:
    variables = {variable for variable, *_ in GUIDE_VARIABLES}
    assert variables == {
        "aws_region",
        "owner",
        "cost_center",
        "kubernetes_version",
        "cluster_endpoint_public_access_cidrs",
        "rds_instance_class",
        "rds_multi_az",
        "rds_backup_retention_period",
        "elasticache_node_type",
        "elasticache_num_cache_clusters",
    }
    readme = (ROOT / "README.md").read_text()
    assert not [variable for variable in variables if f"`{variable}`" not in readme]


@proves("a table of the tools with their versions; a deploy role with rights in every service of the stack", 83)
def prerequisites(d: Deployed) -> None:
    guide = (ROOT / "docs" / "getting-started.md").read_text()
    table = guide.split("## Tools")[1].split("\n## ")[0]
    tools = dict(re.findall(r"^\| \[?([A-Z\w ]+?)\]?(?:\([^)]*\))? \| ([^|]+?) \|", table, re.MULTILINE))
    needed = {"Python", "Pulumi CLI", "AWS CLI", "kubectl", "Helm"}
    assert [tool for tool in needed if not re.search(r"\d|`cluster\.version`", tools.get(tool, ""))] == []
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={tools['Python'].split()[0]}"
    (sdk,) = re.findall(r"^pulumi==(\S+)", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    assert tools["Pulumi CLI"].startswith(f"{sdk.partition('.')[0]}, ")
    policies = [p for p in d.of_type("aws:iam/policy:Policy") if p.name != "access-boundary"]
    statements = [s for p in policies for s in p.document() if s["Effect"] == "Allow"]
    allowed = {service(action) for statement in statements for action in statement["Action"]}
    asked = {
        service(action)
        for type_, (create, delete, _) in REQUESTS.items()
        if d.of_type(type_)
        for action in (create, delete)
    }
    assert len(asked) >= 15
    assert asked - allowed == set()


def service(action: str) -> str:
    return action.partition(":")[0]


@proves("outputs that the guide's commands need", 84)
def outputs(d: Deployed) -> None:
    assert d.outputs["postgresIdentifier"] == "production-postgres"
    assert d.outputs["redisIdentifier"] == "production-redis"
    assert d.outputs["clusterName"] == CLUSTER
    readme = (ROOT / "README.md").read_text()
    assert not [name for name in d.outputs if f"`{name}`" not in readme]


# Runbook → the headings without which it is none, as the guide asks for operation, maintenance and emergencies.
WORK = ("Before you start", "Verify", "Roll back")
RUNBOOKS = {
    "README": ("Where to start", "Before any of them"),
    "cluster-restore": WORK,
    "day-2": WORK,
    "destroy": WORK,
    "incident-response": ("Who does what", "The first ten minutes", "A security incident", "Afterwards"),
    "kubernetes-upgrade": WORK,
    "maintenance": ("Security updates", "Backup verification", "Performance and capacity", "Costs", "Access", "Drift"),
    "postgres-failover": WORK,
    "postgres-major-upgrade": WORK,
    "postgres-restore": WORK,
    "redis-loss": WORK,
    "region-loss": ("Before you start", "Steps", "Verify", "Way back", "Rehearsal"),
    "secret-rotation": WORK,
    "troubleshooting": ("EKS", "PostgreSQL", "Redis", "Deployments", "Useful commands"),
    "volume-restore": WORK,
}


@proves("a runbook for each kind of operation, maintenance and emergency, with commands, found from the first page", 85)
def runbooks(d: Deployed) -> None:
    folder = ROOT / "docs" / "runbooks"
    pages = {path.stem: path.read_text() for path in folder.glob("*.md")}
    assert set(RUNBOOKS) - set(pages) == set()
    for name, wanted in RUNBOOKS.items():
        headings = re.findall(r"^## (.+)$", pages[name], re.MULTILINE)
        assert set(wanted) <= set(headings), name
        assert "```bash" in pages[name], name
    linked = set(re.findall(r"\]\(([\w-]+)\.md", pages["README"]))
    assert set(RUNBOOKS) - {"README"} <= linked
    # Emergencies name the resources that this stack has.
    for name, resource in (
        ("postgres-failover", str(primary(d)["identifier"])),
        ("postgres-restore", str(primary(d)["identifier"])),
        ("redis-loss", str(redis(d)["replicationGroupId"])),
        ("troubleshooting", CLUSTER),
    ):
        assert resource in pages[name], name
