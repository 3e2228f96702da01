"""Plays the runbooks: every command of every page, in the reader's shell, against what can stand for the cloud.

`aws` is the published CLI against an emulator on this machine (moto), or, where that lacks an operation, against the
models that the CLI is made from. `kubectl` talks to a real API server, `pulumi` to the exported state of production.
"""
