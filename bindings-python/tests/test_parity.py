"""What Python does, case by case, is what the other languages do: ``docs/parity/README.md``."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from parity import main

REPOSITORY = Path(__file__).parents[2]


async def test_every_case_comes_out_as_expected() -> None:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    (target / "parity").mkdir(parents=True, exist_ok=True)
    trace = target / "parity" / "python.jsonl"
    await main(str(trace))
    subprocess.run(["cargo", "build", "-q", "--locked", "-p", "parity", "--target-dir", target], cwd=REPOSITORY, check=True)
    compared = subprocess.run([target / "debug" / "parity", "compare", f"python={trace}"], capture_output=True, text=True)
    assert compared.returncode == 0, compared.stdout + compared.stderr
