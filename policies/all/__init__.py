"""All packs in one."""
