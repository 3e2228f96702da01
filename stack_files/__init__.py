"""Stack files as text: what every reader of one starts with, the engine's and the commands alike."""

from stack_files.reading import SafeLoader, StackFileError, read

__all__ = ["SafeLoader", "StackFileError", "read"]
