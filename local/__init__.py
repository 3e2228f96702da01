"""The offline engine: finds the Pulumi CLI, and runs it against stand-in providers without a cloud account."""

from local import bytecode

bytecode.keep()
