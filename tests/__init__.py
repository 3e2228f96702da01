"""Tests of the platform."""

import os
import signal
import threading

# Before gRPC loads: what it does at a fork may end a child that only starts a program.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")

# A shell has what it starts in the background ignore interrupts, and so would all that tests start to interrupt it.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
