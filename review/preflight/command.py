"""`make preflight STACK=…`: says what a stack needs of its account, and with credentials what is missing there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from local.errors import LocalError
from review import offline
from review.errors import ReviewError
from review.markdown import count, table
from review.preflight.account import Account, reason
from review.preflight.checks import Finding, Mark, compare
from review.preflight.needs import Needs, needs_of
from review.preflight.quotas import Quota

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 1 when the account lacks something, 2 when nothing can be said, or not all."""
    parser = argparse.ArgumentParser(prog="python -m review.preflight", description=(__doc__ or "").partition(": ")[2])
    parser.add_argument("--stack", required=True, metavar="NAME", help="which stack")
    parser.add_argument("--offline", action="store_true", help="ask no account, whatever credentials there are")
    options = parser.parse_args(arguments)
    try:
        needs = needs_of(offline.deployed(ROOT, options.stack), options.stack)
        account = None if options.offline else _account(needs)
    except (ReviewError, LocalError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 2
    if account is None:
        sys.stdout.write("\n".join(alone(needs)) + "\n")
        return 0
    found = compare(account, needs)
    sys.stdout.write("\n".join(compared(needs, found)) + "\n")
    marks = {each.mark for findings in found.values() for each in findings}
    return 1 if Mark.MISSING in marks else 2 if Mark.UNKNOWN in marks else 0


def _account(needs: Needs) -> Account | None:
    """The account of the credentials at hand, if there are any.

    Raises:
        ReviewError: they are refused, or those of another account.
    """
    account = Account()
    try:
        identity = account.identity(needs.region)
    except (BotoCoreError, ClientError) as error:
        raise ReviewError(f"the credentials do not work ({reason(error)}); --offline goes without") from None
    if identity is not None and needs.account and identity != needs.account:
        raise ReviewError(
            f"the credentials are those of account {identity}, but trading-platform:accountId of {needs.stack} is"
            f" {needs.account}; --offline goes without"
        )
    return account if identity else None


def alone(needs: Needs) -> Iterator[str]:
    """What will be needed, and what an account has that never asked for more."""
    short = [(region, quota, number) for region, quota, number in needs.quotas if number > quota.default]
    yield f"# What {needs.stack} needs of account {needs.account}"
    yield ""
    yield (
        f"**{count(len(short), 'quota')} of a new account {'is' if len(short) == 1 else 'are'} too small**; no account"
        " was asked: credentials of one compare."
    )
    yield from _section(
        "Quotas", table(("", "Region", "Quota", "Code", "Needed", "A new account has"), list(_rows(needs)))
    )
    yield from _section(
        "Zones",
        [
            *(f"- {region}: {', '.join(zones)}" for region, zones in needs.zones.items()),
            "- Names of zones differ between accounts. EKS is not in use1-az3, usw1-az2 and cac1-az3.",
        ],
    )
    yield from _section("Roles of services", [f"- {role} ({service})" for service, role in needs.service_roles])
    yield from _section(
        "Versions",
        [
            f"- {each.region}: {each.kind} {each.version}{f' on {each.size}' if each.size else ''}"
            for each in needs.versions
        ],
    )
    yield from _section("Names", [f"- {each.region}: {each.name}" for each in needs.names])


def _rows(needs: Needs) -> Iterator[tuple[str, ...]]:
    for region, quota, number in needs.quotas:
        mark = Mark.READY if number <= quota.default else Mark.MISSING
        yield (
            mark.value,
            _where(region, quota),
            quota.name,
            f"{quota.service} {quota.code}",
            str(number),
            f"{quota.default:g}",
        )


def _where(region: str, quota: Quota) -> str:
    return "everywhere" if quota.everywhere else region


def _section(title: str, lines: Sequence[str]) -> Iterator[str]:
    yield from ("", f"## {title}", "", *lines)


def compared(needs: Needs, found: Mapping[str, Sequence[Finding]]) -> Iterator[str]:
    """What was found, what is missing first."""
    marks = [each.mark for findings in found.values() for each in findings]
    missing, unknown = marks.count(Mark.MISSING), marks.count(Mark.UNKNOWN)
    verdict = "✔ the account is ready"
    if missing:
        verdict = f"✘ {count(missing, 'thing')} missing"
    if unknown:
        verdict = f"{verdict if missing else '❔ nothing is known to be missing'}, {unknown} not known"
    yield f"# Account {needs.account} for {needs.stack}"
    yield ""
    yield f"**{verdict}**"
    order = list(reversed(Mark))
    for title, findings in found.items():
        lines = [
            f"- {each.mark.value} {each.subject}: {each.found}"
            for each in sorted(findings, key=lambda each: order.index(each.mark))
        ]
        yield from _section(title, lines)
