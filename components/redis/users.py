"""Users of the cache, who take the place of the one token (ElastiCache: role-based access control)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components.common.scope import Scope
from components.redis.documents import create_password
from components.redis.settings import UserSettings

# Clusters of both engines take users of this one, so that they stay while the engine changes.
_ENGINE = "redis"
# What the token let a client do, and nothing at all.
EVERYTHING = "on ~* &* +@all"
NOTHING = "off ~* -@all"
# A change reaches every node of every cluster that has the user: four minutes on average, where the provider waits for
# five (terraform-provider-aws 20530, 20729).
_TIMEOUTS = pulumi.CustomTimeouts(create="30m", update="30m", delete="30m")


@dataclass(frozen=True, kw_only=True)
class Users:
    """The users of a cluster."""

    group_id: pulumi.Output[str]
    """Of the user group, known once all of them are in it."""
    passwords: Mapping[str, pulumi.Output[str]]
    """By label, which is the user's name."""


def access_string(settings: UserSettings) -> str:
    """What a user may do, in the order in which servers list it: keys, channels, commands after none at all."""
    keys = [f"~{pattern}" for pattern in settings.keys]
    channels = [f"&{pattern}" for pattern in settings.channels]
    commands = [command if command.startswith("-") else f"+{command}" for command in settings.commands]
    return " ".join(["on", *keys, "resetchannels", *channels, "-@all", *commands])


def create_users(
    logical_name: str,
    scope: Scope,
    users: Mapping[str, UserSettings],
    *,
    token: random.RandomPassword,
    keep_token: bool,
    opts: pulumi.ResourceOptions,
) -> Users:
    """Users with passwords of their own in one group, and the default user, whom every group must have.

    Clients that send a password alone are the default user. With `keep_token` it goes on as if the token counted, so
    that clients stay connected while they move one by one; without, it is off.
    """
    passwords = {label: create_password(f"{logical_name}-{label}", opts) for label in users}
    access = {label: access_string(settings) for label, settings in users.items()}
    access["default"] = EVERYTHING if keep_token else NOTHING
    members = [
        aws.elasticache.User(
            f"{logical_name}-{label}",
            user_id=scope.name(label),
            user_name=label,
            engine=_ENGINE,
            access_string=may,
            passwords=[passwords.get(label, token).result],
            tags={"Name": scope.name(f"redis-{label}")},
            opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(custom_timeouts=_TIMEOUTS)),
        )
        for label, may in access.items()
    ]
    group = aws.elasticache.UserGroup(
        logical_name,
        user_group_id=scope.name("redis"),
        engine=_ENGINE,
        user_ids=[member.user_id for member in members],
        tags={"Name": scope.name("redis")},
        opts=opts,
    )
    return Users(group_id=group.id, passwords={label: password.result for label, password in passwords.items()})
