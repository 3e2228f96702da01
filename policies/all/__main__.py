"""Starts all packs for the engine, which runs this folder by itself."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from policies.all.pack import PACK
from policies.support.analyzer import serve

serve(PACK)
