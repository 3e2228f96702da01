"""The offline engine: finds the Pulumi CLI, and runs it against stand-in providers without a cloud account."""

import os

from local import bytecode

# Python's gRPC reads this when it loads: its older way to listen and to call passes through fewer threads.
os.environ.setdefault("GRPC_EXPERIMENTS", "-event_engine_listener,-event_engine_client")
bytecode.keep()
