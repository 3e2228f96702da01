"""What a reviewer reads in a minute: what may lose data, what else changes, what the policies say, what it costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from changes import Effect
from review.cost.estimate import Estimate
from review.markdown import cell, count, folded, table
from review.previews import Change, Kind, Preview, changed
from review.resources import Inventory, name_of, short_type, type_of
from review.summary import verdicts
from review.summary.costs import told
from review.summary.verdicts import Verdict

_COLUMNS = (Kind.DELETE, Kind.REPLACE, Kind.UPDATE, Kind.CREATE, Kind.IMPORT)
_SHOWN = 200
"""Changes that the list holds at most; a comment on GitHub has its limit."""
_SHOWN_PROPERTIES = 6
_TITLES = {
    Effect.REFUSED: "Refused",
    Effect.IRREVERSIBLE: "Cannot be undone",
    Effect.LOSES_DATA: "Loses data",
    Effect.WEAKENS: "Weakens protection",
    Effect.INTERRUPTS: "Interrupts",
}
_UNDECIDED = "undecided: "


@dataclass(frozen=True, kw_only=True)
class Context:
    """What a summary says around the preview."""

    stack: str
    compared: str
    """What the preview compares with, as the reader knows it."""
    link: str = ""
    """Where the whole preview can be read."""


def render(preview: Preview, costs: tuple[Estimate, Estimate], context: Context) -> str:
    """The summary as Markdown; `costs` are the estimates before and after."""
    blocks = [[f"## {context.stack}: {_headline(preview)}"], [_origin(context)]]
    if preview.errors:
        blocks += [list(_errors(preview)), ["Nothing else was checked: neither changes nor policies nor costs."]]
    else:
        found = verdicts.verdicts(preview)
        blocks += [
            [verdicts.headline(found)] if any(changed(preview)) else [],
            list(_danger(found)),
            list(_unclear(found)),
            list(_counts(preview)),
            list(_policies(preview)),
            list(told(*costs)),
            list(_all(preview)),
        ]
    return "\n\n".join("\n".join(lines) for lines in blocks if lines) + "\n"


def _headline(preview: Preview) -> str:
    counts = Counter(change.kind for change in changed(preview))
    parts = [f"{counts[kind]} to {kind.value}" for kind in _COLUMNS if counts[kind]]
    if preview.errors:
        return "❌ the preview failed"
    return f"{'❌ ' if preview.failed else ''}{', '.join(parts) or 'no changes'}"


def _origin(context: Context) -> str:
    link = f" · [full preview]({context.link})" if context.link else ""
    return f"Compared with {context.compared}{link}"


def _errors(preview: Preview) -> Iterator[str]:
    if preview.errors:
        yield "### Errors"
        yield ""
        yield from (f"- {cell(error)}" for error in dict.fromkeys(preview.errors))


def _danger(found: Sequence[Verdict]) -> Iterator[str]:
    """What somebody has to agree to, the worst first, each with its old and new value and what it means."""
    for effect in verdicts.DANGEROUS:
        own = [each for each in found if each.effect is effect]
        if own:
            yield f"### ⚠️ {_TITLES[effect]} ({len(own)})"
            yield ""
            yield from (f"- {_told(each)}" for each in own[:_SHOWN])
            yield ""


def _told(verdict: Verdict) -> str:
    change, note = verdict.change, verdict.meaning.note
    if verdict.meaning.at_window:
        note = f"in the maintenance window{f', {note}' if note else ''}"
    what = f": {verdicts.shown(verdict.difference)}" if verdict.difference else ""
    because = _because(change) if verdict.difference is None else ""
    kind = f"{change.kind.value.upper()} " if verdict.difference is None and change.kind is not Kind.UPDATE else ""
    return cell(f"**{kind}{_label(change)}**{what}{f': {note}' if note else ''}{because}")


def _because(change: Change) -> str:
    if change.kind is not Kind.REPLACE or not change.properties:
        return ""
    return f" (forced by {_properties(change)})"


def _unclear(found: Sequence[Verdict]) -> Iterator[str]:
    """What the table does not know, and replacements that lose neither data nor service, to open when in doubt."""
    for effect, title in ((Effect.UNKNOWN, "Unknown"), (Effect.REPLACES, "Replaced without loss")):
        own = [f"- {_told(each)}" for each in found if each.effect is effect]
        if own:
            yield from folded(f"{title} ({len(own)})", own[:_SHOWN])
            yield ""


def _counts(preview: Preview) -> Iterator[str]:
    """Numbers by component and by what happens."""
    resources = _both(preview)
    counts: dict[str, Counter[Kind]] = {}
    same: Counter[str] = Counter()
    for change in preview.changes:
        component = _component(change, resources)
        if change.kind is Kind.SAME:
            same[component] += 1
    for change in changed(preview):
        counts.setdefault(_component(change, resources), Counter())[change.kind] += 1
    if not counts:
        return
    columns = [kind for kind in _COLUMNS if any(count[kind] for count in counts.values())]
    rows = [
        [component, *(_number(numbers[kind]) for kind in columns), _number(same[component])]
        for component, numbers in sorted(counts.items())
    ]
    heads = ["Component", *(kind.value.capitalize() for kind in columns), "Same"]
    yield from table(heads, rows, right=range(1, len(heads)))


def _number(number: int) -> str:
    return str(number) if number else ""


def _policies(preview: Preview) -> Iterator[str]:
    """Each violation of a mandatory rule, and advice by rule."""
    mandatory = [each for each in preview.violations if each.mandatory]
    others = [each for each in preview.violations if not each.mandatory]
    undecided = [each for each in others if each.message.startswith(_UNDECIDED)]
    advice = [each for each in others if each not in undecided]
    if preview.packs is None:
        yield "**Policies**: not part of this preview"
        return
    if not preview.packs:
        yield "**Policies**: no pack looked on"
        return
    found = f"**{count(len(mandatory), 'violation')}**" if mandatory else "no violations"
    yield f"**Policies**: {found}{f', {len(advice)} advisory' if advice else ''} ({', '.join(preview.packs)})"
    if mandatory:
        yield ""
        yield from (f"- ❌ **{each.rule}** on {_name(each.urn)}: {cell(each.message)}" for each in mandatory[:_SHOWN])
    if advice:
        rules = Counter(each.rule for each in advice)
        yield ""
        yield from folded("Advice", [f"- {rule}: {count(number, 'resource')}" for rule, number in rules.items()])
    if undecided:
        rules = Counter(each.rule for each in undecided)
        yield ""
        yield from folded(
            f"Not decided before the update ({len(undecided)}): values that only it can tell",
            [f"- {rule}: {count(number, 'resource')}" for rule, number in rules.items()],
        )


def _all(preview: Preview) -> Iterator[str]:
    """Every change with the properties that differ, to open when in doubt."""
    resources = _both(preview)
    found = sorted(
        changed(preview), key=lambda each: (_component(each, resources), list(Kind).index(each.kind), each.urn)
    )
    if not found:
        return
    lines = [
        f"- {each.kind.value} {_label(each)}{f': {_properties(each)}' if each.properties else ''}"
        for each in found[:_SHOWN]
    ]
    if len(found) > _SHOWN:
        lines.append(f"- … and {len(found) - _SHOWN} more")
    yield from folded(f"All changes ({len(found)})", lines)


def _both(preview: Preview) -> Inventory:
    """What was and what will be, to find the component of either."""
    return Inventory((*preview.before.values(), *preview.after.values()))


def _component(change: Change, resources: Inventory) -> str:
    resource = change.after or change.before
    return resources.component(resource) if resource else ""


def _label(change: Change) -> str:
    return f"`{short_type(type_of(change.urn))} {name_of(change.urn)}`"


def _name(urn: str) -> str:
    return f"`{name_of(urn)}`" if urn else "the stack"


def _properties(change: Change) -> str:
    shown: Sequence[str] = [f"`{name}`" for name in change.properties[:_SHOWN_PROPERTIES]]
    more = len(change.properties) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more > 0 else "")
