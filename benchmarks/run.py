"""One measured preview in a process of its own: `python -m benchmarks.run DIR [--packs]` prints its figures as JSON."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.programs import ROOT, STACK
from local.engine import Session, policy_packs
from local.project import Project


def main() -> int:
    """Preview a project from nothing and print what it took, beginning with the imports of this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--packs", action="store_true")
    options = parser.parse_args()
    # As the command line of the offline engine does.
    gc.disable()
    packs = policy_packs(ROOT) if options.packs else ()
    with Session(project=Project.load(options.project, STACK), packs=packs) as session:
        outcome = session.preview()
    if not outcome.ok:
        sys.stderr.write("\n".join(outcome.errors) + "\n")
        return 1
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    figures = {
        "resources": sum(outcome.changes.values()),
        "cpu_seconds": round(time.process_time() + children.ru_utime + children.ru_stime, 2),
        "program_mib": own.ru_maxrss // 1024,
        "engine_mib": children.ru_maxrss // 1024,
    }
    sys.stdout.write(json.dumps(figures) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
