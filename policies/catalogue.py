"""The table of all rules, for the documentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from policies.support.rules import Pack, Rule


def catalogue(packs: Iterable[Pack]) -> str:
    """A Markdown section for each pack with a row for each rule."""
    return "\n\n".join("\n".join(_section(pack)) for pack in packs) + "\n"


def _section(pack: Pack) -> Iterator[str]:
    yield f"### {pack.title} (`{pack.name}`)"
    yield ""
    yield "| Rule | What holds | Severity | Ids | Parameters | Decides |"
    yield "|---|---|---|---|---|---|"
    yield from (_row(rule) for rule in pack.rules)


def _row(rule: Rule) -> str:
    parameters = ", ".join(f"`{parameter.name}`" for parameter in rule.parameters)
    when = "at the end" if rule.joined else "per resource"
    cells = [f"`{rule.name}`", rule.description, rule.severity.value, ", ".join(rule.frameworks), parameters, when]
    return f"| {' | '.join(cells)} |"
