"""The published AWS CLI against the emulator; where that lacks an operation, against the CLI's own models."""

from __future__ import annotations

import configparser
import os
import re
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import boto3  # type: ignore[import-untyped]
from awscli.clidriver import main  # type: ignore[import-untyped]
from awscli.customizations import generatecliskeleton  # type: ignore[import-untyped]
from botocore.model import StructureShape  # type: ignore[import-untyped]
from botocore.utils import ArgumentGenerator  # type: ignore[import-untyped]

from tests.limits import HANGING_SECONDS
from tests.runbooks.notes import How, note

# The CLI says there where its models are, as it is imported.
_MODELS = os.environ["AWS_DATA_PATH"]
# The emulator says that it lacks an operation in words, or by the page of a web server; the last of these follow a
# deletion that was only modelled, and automatic snapshots of two restores within a minute.
_MISSING = re.compile(
    "not been implemented|NotImplemented|not yet implemented|InvalidAction|<!doctype html>|Unable to parse response"
    "|NoSuchResourceException.*GetServiceQuota|ReplicationGroupAlreadyExists|a snapshot with the identifier rds:"
)
_TARGETS = ("--target-db-instance-identifier", "--db-instance-identifier")


class _ValidAnswers(ArgumentGenerator):  # type: ignore[misc]
    """Makes up answers by the models. A tagged union has one member: the CLI's own generator gives all, and then
    refuses its own answer."""

    def _generate_type_structure(self, shape: StructureShape, stack: list[str]) -> dict[str, object]:
        found: dict[str, object] = super()._generate_type_structure(shape, stack)
        return dict([next(iter(found.items()))]) if shape.is_tagged_union else found


generatecliskeleton.ArgumentGenerator = _ValidAnswers


def load() -> None:
    """Load what every command needs."""
    with tempfile.TemporaryFile() as nowhere:
        _captured(["--version"], nowhere.fileno(), nowhere.fileno())


def play(words: Sequence[str]) -> int:
    """Run one command."""
    os.environ.setdefault("AWS_DEFAULT_REGION", os.environ.get("AWS_REGION", "us-east-1"))
    if "AWS_REGION" in os.environ:
        os.environ["AWS_DEFAULT_REGION"] = os.environ["AWS_REGION"]
    if list(words[:2]) == ["configure", "export-credentials"]:
        return _assume(words)
    if list(words[:2]) == ["elasticache", "wait"]:
        return note(How.CHECKED, "aws", words)
    own = ["--endpoint-url", os.environ["PLAY_CLOUD"]]
    # KMS takes the ARN of a key wherever it takes its id; the emulator does not everywhere.
    known = [re.sub(r"^arn:aws:kms:.*:key/", "", word) for word in words] if words[0] == "kms" else words
    if words[1] == "restore-db-instance-to-point-in-time":
        # The emulator makes a first backup, whose name ends in the minute: one of the same minute has it already.
        time.sleep(60 - time.time() % 60)
    code, output, errors = _run([*own, *known])
    how = How.EXECUTED
    if code and _MISSING.search(errors):
        how = How.MODELLED
        code, output, errors = _run([*own, *words, "--generate-cli-skeleton", "output"])
    if not code and words[1].startswith("restore-db-instance-") and "--deletion-protection" not in words:
        code, _, errors = _unprotected(own, words)
    sys.stdout.write(output)
    sys.stderr.write(errors if code else "")
    return note(How.FAILED if code else how, "aws", words)


def _assume(words: Sequence[str]) -> int:
    """Of version 2 alone: the credentials of a profile, for which the CLI asks the reader for a code."""
    found = configparser.ConfigParser()
    found.read(Path.home() / ".aws" / "config")
    profile = found[f"profile {words[list(words).index('--profile') + 1]}"]
    sts = boto3.client("sts", endpoint_url=os.environ["PLAY_CLOUD"], region_name=profile["region"])
    credentials = sts.assume_role(
        RoleArn=profile["role_arn"],
        RoleSessionName="reader",
        SerialNumber=profile["mfa_serial"],
        TokenCode="123456",
        DurationSeconds=int(profile["duration_seconds"]),
    )["Credentials"]
    variables = {
        "AccessKeyId": "ACCESS_KEY_ID",
        "SecretAccessKey": "SECRET_ACCESS_KEY",
        "SessionToken": "SESSION_TOKEN",
    }
    sys.stdout.write("".join(f"export AWS_{name}={credentials[key]}\n" for key, name in variables.items()))
    return note(How.EXECUTED, "aws", words)


def _unprotected(own: Sequence[str], words: Sequence[str]) -> tuple[int, str, str]:
    """Deletion protection is off where a call that restores does not ask for it; the emulator copies the source's."""
    target = next(words[at + 1] for at, word in enumerate(words) if word in _TARGETS)
    region = ["--region", words[list(words).index("--region") + 1]] if "--region" in words else []
    return _run(
        [*own, "rds", "modify-db-instance", "--db-instance-identifier", target, "--no-deletion-protection", *region]
    )


def _run(words: Sequence[str]) -> tuple[int, str, str]:
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        code = _captured(words, output.fileno(), errors.fileno())
        found = []
        for file in (output, errors):
            file.seek(0)
            found.append(file.read().decode())
        return code, found[0], found[1]


def _captured(words: Sequence[str], output: int, errors: int) -> int:
    """In a process of its own: the CLI writes to its files, and may wait for something that never comes."""
    if child := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 255
    try:
        signal.alarm(int(HANGING_SECONDS))
        os.dup2(output, 1)
        os.dup2(errors, 2)
        os.environ["AWS_DATA_PATH"] = _MODELS
        sys.argv = ["aws", *words]
        code = main() or 0
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)
