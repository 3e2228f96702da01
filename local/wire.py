"""How the engine marks values that JSON cannot hold, in its messages and in its states."""

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""Key of a mapping that stands for such a value."""
SECRET_SIGNATURE = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the engine's name for a secret
"""What the key says where the value is a secret."""
