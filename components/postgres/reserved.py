"""Names that neither RDS nor PostgreSQL gives to a database or a user."""

from __future__ import annotations

# RDS keeps these for itself, and PostgreSQL keeps what begins with pg_ for its own roles.
_RDS_USERS = frozenset(
    ("admin", "administrator", "root", "postgres", "rdsadmin", "rdstopmgr", "rdsrepladmin", "rdsproxyadmin")
)
_ROLES = frozenset(("none", "public"))
_DATABASES = frozenset(("postgres", "rdsadmin", "template0", "template1"))
# What PostgreSQL 14 to 18 reserve, entirely or but for functions and types: pg_get_keywords(), categories R and T.
_WORDS = frozenset(
    """
    all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation
    column concurrently constraint create cross current_catalog current_date current_role current_schema current_time
    current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
    from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
    localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
    returning right select session_user similar some symmetric system_user table tablesample then to trailing true
    union unique user using variadic verbose when where window with
    """.split()  # noqa: SIM905 a hundred words are easier to read than a hundred strings
)


def is_reserved_user(name: str) -> bool:
    """Whether a name cannot be the master user's."""
    return name in _RDS_USERS | _ROLES | _WORDS or name.startswith(("pg_", "rds_"))


def is_reserved_role(name: str) -> bool:
    """Whether an application's user cannot have a name: roles may be called by words, in quotes."""
    return name in _ROLES | {"rdsadmin"} or name.startswith(("pg_", "rds_"))


def is_reserved_database(name: str) -> bool:
    """Whether a name cannot be that of the first database."""
    return name in _DATABASES | _WORDS
