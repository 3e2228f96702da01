"""Tests of the platform."""

import os

# Before gRPC loads: what it does at a fork may end a child that only starts a program.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
