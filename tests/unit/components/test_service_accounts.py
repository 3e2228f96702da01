"""What the service accounts of applications may do in AWS, and nothing beyond."""

from __future__ import annotations

from typing import Any

from components.common.iam import policy_document
from components.common.scope import Scope
from components.postgres import connect_statement
from components.workloads.service_accounts import Grants, grants_policy
from tests.unit.harness import Registration, document
from tests.unit.policy_lint import findings
from tests.unit.workloads import ACCOUNTS, DATA, recorded

ACCOUNT = "kubernetes:core/v1:ServiceAccount"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
DATA_BUCKET, MODELS, COMPLIANCE = (DATA.bucket_arns[label] for label in ("data", "models", "compliance"))

# IAM's quota for all inline policies of a role together, in characters without blanks.
INLINE_CHARACTERS = 10_240


def listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def allowed(account: str) -> dict[str, set[str]]:
    """Actions by resource, of an account's role."""
    found: dict[str, set[str]] = {}
    own = [each for each in recorded().of_type(ROLE_POLICY) if each.name.startswith(f"workloads-account-{account}")]
    for statement in [statement for policy in own for statement in document(policy)]:
        assert statement["Effect"] == "Allow"
        for resource in listed(statement["Resource"]):
            found.setdefault(resource, set()).update(listed(statement["Action"]))
    return found


def account(name: str) -> Registration:
    return recorded().one(ACCOUNT, f"workloads-account-{name}")


def test_a_service_account_names_its_role() -> None:
    metadata = account("orders").inputs["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("orders", "trading")
    role = "arn:aws:mock:us-east-1:123456789012:workloads-account-orders"
    assert metadata["annotations"] == {"eks.amazonaws.com/role-arn": role}
    assert account("orders").inputs["automountServiceAccountToken"] is False


def test_pods_find_the_role_with_its_rights() -> None:
    assert f"{ROLE_POLICY}::workloads-account-orders" in recorded().depends_on(account("orders"))


def test_what_does_not_need_the_database_does_not_wait_for_it() -> None:
    policies = {each.name: document(each) for each in recorded().of_type(ROLE_POLICY)}
    waiting = {name for name, policy in policies.items() if "rds-db:connect" in str(policy)}
    assert waiting == {"workloads-account-orders-database"}
    assert "workloads-account-orders" in policies


def test_nobody_but_the_service_account_assumes_the_role() -> None:
    for name, settings in ACCOUNTS.items():
        (trust,) = document(recorded().one(ROLE, f"workloads-account-{name}"), "assumeRolePolicy")
        subject = trust["Condition"]["StringEquals"]["oidc.eks.us-east-1.amazonaws.com/id/ABC:sub"]
        assert subject == f"system:serviceaccount:{settings.namespace}:{name}"


def test_no_role_escapes_the_boundary() -> None:
    for name in ACCOUNTS:
        boundary = recorded().one(ROLE, f"workloads-account-{name}").inputs["permissionsBoundary"]
        assert boundary == "arn:aws:iam::123456789012:policy/production-access-boundary"


def test_a_role_reaches_exactly_what_is_granted() -> None:
    orders = allowed("orders")
    assert set(orders) == {
        DATA_BUCKET,
        f"{DATA_BUCKET}/*",
        COMPLIANCE,
        f"{COMPLIANCE}/*",
        DATA.bucket_key_arn,
        DATA.secret_arns["redis"],
        DATA.secrets_key_arn,
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-PRIMARY/orders",
        "arn:aws:rds-db:us-east-1:123456789012:dbuser:db-READ/orders",
    }
    assert orders[f"{DATA_BUCKET}/*"] == {"s3:GetObject"}
    assert "s3:PutObject" in orders[f"{COMPLIANCE}/*"]
    training = allowed("training")
    assert set(training) == {
        *(DATA_BUCKET, f"{DATA_BUCKET}/*", COMPLIANCE, f"{COMPLIANCE}/*", MODELS, f"{MODELS}/*"),
        DATA.bucket_key_arn,
    }
    assert training[f"{COMPLIANCE}/*"] == {"s3:GetObject"}


def test_no_application_deletes_objects() -> None:
    for name in ACCOUNTS:
        assert not [action for actions in allowed(name).values() for action in actions if "Delete" in action]


def test_keys_are_used_through_their_services_only() -> None:
    for name in ACCOUNTS:
        for statement in document(recorded().one(ROLE_POLICY, f"workloads-account-{name}")):
            if any(action.startswith("kms:") for action in listed(statement["Action"])):
                service = "secretsmanager" if DATA.secrets_key_arn in statement["Resource"] else "s3"
                condition = {"StringEquals": {"kms:ViaService": f"{service}.us-east-1.amazonaws.com"}}
                assert statement["Condition"] == condition


def test_parliament_finds_nothing() -> None:
    for name in ACCOUNTS:
        assert not findings(recorded().one(ROLE_POLICY, f"workloads-account-{name}").inputs["policy"])


def test_the_largest_grants_fit_into_a_policy() -> None:
    scope = Scope(prefix="a" * 14, account_id="123456789012", region="us-gov-west-1")
    key = scope.arn("kms", f"key/{'0' * 36}")
    reads, writes = (
        [f"arn:aws-us-gov:s3:::{scope.global_name(f'{kind}{number:019d}')}" for number in range(10)] for kind in "rw"
    )
    grants = Grants(
        reads=reads,
        writes=writes,
        bucket_key_arn=key,
        secrets=[
            scope.arn("secretsmanager", f"secret:{scope.prefix}/{store}-{'0' * 33}") for store in ("postgres", "redis")
        ],
        secrets_key_arn=key,
    )
    connect = connect_statement(scope, [f"db-{number:026d}" for number in range(16)], "u" * 63)
    # IAM counts all inline policies of a role together.
    policies = grants_policy(scope, grants) + policy_document(connect)
    assert len("".join(policies.split())) <= INLINE_CHARACTERS
