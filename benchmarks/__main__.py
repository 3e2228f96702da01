"""`python -m benchmarks`: times of previews and of a deployment, as a table and as JSON."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import deployment, first, programs
from benchmarks.makespan import Graph, graph, seconds

# Seconds here for a minute in AWS, in the deployment that is really run.
_SECONDS_A_MINUTE = 1.0
_COPIES = {"production, 2 times": 2, "production, 4 times": 4}
_DEFAULT_WORKERS_A_CORE = 4

Figures = dict[str, Any]


@dataclass(frozen=True)
class Goal:
    """A limit that a figure has to keep."""

    figure: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        """Whether it does."""
        return self.value <= self.limit


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print the table and the JSON; the exit code is 0 whether the goals are met or not."""
    options = _parser().parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        own_seconds, state = deployment.deploy(0)
        previews = _previews(Path(folder), state, options.repeat)
    makespan = _makespan(graph(state), own_seconds)
    second = _command(options.repeat, "local", "preview", "--stack", programs.STACK)
    summary = _command(options.repeat, "review", "summary", "--stack", programs.STACK)
    goals = _goals(previews, makespan, second)
    result = {
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "previews": previews,
        "first_preview": _first_preview() if options.first else None,
        "second_preview_seconds": second,
        "summary_seconds": summary,
        "deployment": makespan,
        "goals": [vars(goal) | {"met": goal.met} for goal in goals],
    }
    _write(_table(result, goals))
    text = json.dumps(result, indent=2)
    _write(text)
    if options.output:
        options.output.write_text(f"{text}\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--repeat", type=int, default=5, metavar="N", help="measure N times and keep the least (5)")
    parser.add_argument("--first", action="store_true", help="also a fresh clone's first preview, which takes minutes")
    parser.add_argument("--output", type=Path, metavar="FILE", help="also write the JSON there")
    return parser


def _previews(folder: Path, state: Mapping[str, Any], repeat: int) -> dict[str, Figures]:
    """The figures of each case; rounds go through all cases, so that a busy moment does not hit one of them alone."""
    cases: dict[str, list[str]] = {
        "empty program": ["--project", str(programs.write_empty(folder / "empty"))],
        "flat program": ["--project", str(programs.write_flat(folder / "flat", state))],
        "production": [],
        "production with packs": ["--packs"],
        **{name: ["--copies", f"{size}"] for name, size in _COPIES.items()},
    }
    runs: dict[str, list[Figures]] = {name: [] for name in cases}
    for _ in range(repeat + 1):
        for name, arguments in cases.items():
            runs[name].append(_run(arguments))
    # The first round compiles what the others only load.
    return {name: _least(figures[1:]) for name, figures in runs.items()}


def _run(arguments: Sequence[str]) -> Figures:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.run", *arguments],
        cwd=programs.ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: Figures = json.loads(done.stdout)
    return {"seconds": round(time.monotonic() - started, 2), **figures}


def _least(runs: Sequence[Figures]) -> Figures:
    return {name: min(run[name] for run in runs) for name in runs[0]}


def _command(repeat: int, *arguments: str) -> float:
    """The least seconds of a command that people use."""
    runs = []
    for _ in range(max(2, repeat)):
        started = time.monotonic()
        command = [sys.executable, "-m", *arguments]
        subprocess.run(command, cwd=programs.ROOT, check=True, stdout=subprocess.DEVNULL)
        runs.append(round(time.monotonic() - started, 2))
    return min(runs)


def _first_preview() -> Figures:
    with tempfile.TemporaryDirectory(prefix="benchmarks-first-") as folder:
        return first.preview(Path(folder))


def _makespan(engine: Graph, own_seconds: float) -> Figures:
    """The deployment in simulated time, and a real one with all times scaled down that shows whether that is right."""
    workers, default = deployment.WORKERS, _DEFAULT_WORKERS_A_CORE * (os.cpu_count() or 1)
    unavoidable = engine.imposed.longest_chain()
    scale = _SECONDS_A_MINUTE / 60
    scaled_seconds, _ = deployment.deploy(scale)
    state_seconds, _ = deployment.deploy(0, write_each_step=True)
    return {
        "unavoidable_minutes": _minutes(seconds(unavoidable)),
        "unavoidable_chain": [f"{node.label} ({_minutes(node.seconds)} min)" for node in unavoidable],
        "chain_minutes": _minutes(seconds(engine.longest_chain())),
        "minutes": _minutes(engine.makespan(workers)),
        "workers": workers,
        "minutes_with_default_workers": _minutes(engine.makespan(default)),
        "default_workers": default,
        "engine_seconds": round(own_seconds, 1),
        "engine_seconds_with_state_written": round(state_seconds, 1),
        "minutes_with_engine": _minutes(engine.makespan(workers) + state_seconds),
        "scaled_seconds": round(scaled_seconds, 1),
        "scaled_seconds_expected": round(engine.makespan(workers) * scale, 1),
    }


def _minutes(number: float) -> float:
    return round(number / 60, 2)


def _goals(previews: Mapping[str, Figures], makespan: Figures, second: float) -> list[Goal]:
    """What the figures have to keep. CPU time, unlike time on the clock, says the same on a busy machine.

    Sizes are compared by what one more copy adds, so that what is paid once hides nothing.
    """

    def ratio(unit: str, one: str, other: str) -> float:
        return round(float(previews[one][unit] / previews[other][unit]), 2)

    def span(figure: str) -> float:
        return round(float(makespan[figure] / makespan["unavoidable_minutes"]), 3)

    once, twice, four = (previews[name]["cpu_seconds"] for name in ("production", *_COPIES))
    return [
        Goal("production / flat, CPU", ratio("cpu_seconds", "production", "flat program"), 1.15),
        Goal("production / flat, seconds", ratio("seconds", "production", "flat program"), 1.15),
        Goal("with packs / without, CPU", ratio("cpu_seconds", "production with packs", "production"), 1.3),
        Goal("with packs / without, seconds", ratio("seconds", "production with packs", "production"), 1.3),
        Goal("with packs / flat, CPU", ratio("cpu_seconds", "production with packs", "flat program"), 1.0),
        Goal("with packs / flat, seconds", ratio("seconds", "production with packs", "flat program"), 1.0),
        Goal("one more of four copies / of two, CPU", round((four - twice) / 2 / (twice - once), 2), 1.15),
        Goal("deployment / unavoidable chain", span("minutes"), 1.05),
        Goal("the same, and the engine's own time", span("minutes_with_engine"), 1.05),
        Goal("second preview with packs, seconds", second, 6),
    ]


def _table(result: Figures, goals: Sequence[Goal]) -> str:
    lines = [f"{'preview':26}{'resources':>10}{'seconds':>9}{'CPU s':>8}{'ms each':>9}{'MiB':>6}{'engine':>8}"]
    for name, figures in result["previews"].items():
        each = 1000 * figures["seconds"] / figures["resources"]
        lines.append(
            f"{name:26}{figures['resources']:>10}{figures['seconds']:>9.2f}{figures['cpu_seconds']:>8.2f}{each:>9.1f}"
            f"{figures['program_mib']:>6}{figures['engine_mib']:>8}"
        )
    makespan = result["deployment"]
    lines += [
        "",
        f"deployment: {makespan['minutes']} min with {makespan['workers']} operations at once, "
        f"{makespan['minutes_with_default_workers']} with {makespan['default_workers']} (the default here); "
        f"AWS imposes {makespan['unavoidable_minutes']}",
        "",
        *_commands(result),
        "",
        f"{'goal':40}{'value':>8}{'limit':>8}",
        *(f"{goal.figure:40}{goal.value:>8}{goal.limit:>8}{'' if goal.met else '  missed'}" for goal in goals),
    ]
    return "\n".join(lines) + "\n"


def _commands(result: Figures) -> list[str]:
    lines = [
        f"second preview with packs: {result['second_preview_seconds']} s",
        f"make summary: {result['summary_seconds']} s",
    ]
    if figures := result["first_preview"]:
        way = "built" if figures["cli_built"] else "downloaded or on PATH"
        taken = f"{figures['seconds']} s, of CPU time {figures['cpu_seconds']} s"
        lines.insert(0, f"first preview of a fresh clone (the CLI was {way}): {taken}")
    return lines


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
