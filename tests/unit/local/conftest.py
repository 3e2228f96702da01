"""SDKs as the stand-ins load them, and the engine that the one for pulumi-eks talks to."""

from __future__ import annotations

import pytest

from local.sdks import defer
from tests.unit.local.eks import ROLE, Engine

# In the SDK's own way, a package that waits may lose the first of its modules when one of them is imported by itself.
defer()


@pytest.fixture(params=[False], ids=["update"])
def engine(request: pytest.FixtureRequest) -> Engine:
    engine = Engine(preview=request.param)
    engine.given[ROLE] = {"arn": "arn:aws:iam::210987654321:role/role", "name": "role"}
    return engine
