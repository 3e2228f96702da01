"""The engine that the stand-in for pulumi-eks talks to."""

from __future__ import annotations

import pytest

from tests.unit.local.eks import ROLE, Engine


@pytest.fixture(params=[False], ids=["update"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine = Engine(preview=request.param)
    engine.given[ROLE] = {"arn": "arn:aws:iam::210987654321:role/role", "name": "role"}
    return engine
