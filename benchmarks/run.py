"""One measured preview in a process of its own, which prints its figures as JSON."""

from __future__ import annotations

import argparse
import gc
import json
import resource
import sys
import time
from pathlib import Path

from benchmarks.programs import ROOT, STACK, platform
from local.engine import Session
from local.packs import packs_together
from local.project import Project


def main() -> int:
    """Preview a program from nothing, and print what it took since this process began."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--project", type=Path, metavar="DIR", help="another program than the platform")
    parser.add_argument("--copies", type=int, default=1, metavar="N", help="of the platform, in one stack")
    parser.add_argument("--packs", action="store_true", help="with all policy packs")
    options = parser.parse_args()
    # As the command line of the offline engine does.
    gc.disable()
    packs = packs_together(ROOT) if options.packs else ()
    project = Project.load(options.project, STACK) if options.project else platform(options.copies)
    with Session(project=project, packs=packs) as session:
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
    gc.freeze()
    return 0


if __name__ == "__main__":
    sys.exit(main())
