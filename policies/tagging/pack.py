"""The tagging pack."""

from pathlib import Path

from policies.support.rules import Pack
from policies.tagging import tags

PACK = Pack(
    name="trading-platform-tagging",
    title="Tagging",
    folder=Path(__file__).parent,
    rules=(
        tags.tags_required,
        tags.tags_environment,
        tags.tags_values,
        tags.ec2_launch_template_tags,
        tags.autoscaling_group_tags,
        tags.autoscaling_tag_propagates,
        tags.rds_snapshot_tags,
    ),
)
