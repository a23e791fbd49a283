"""Interpreters that end with work in flight. ``MAESTRO_TEARDOWNS`` says how many; ``make teardown`` runs 200."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COUNT = int(os.environ.get("MAESTRO_TEARDOWNS", "14"))
#: How an interpreter ends, and the exit code that it then has.
WAYS = {"return": 0, "raise": 7, "exit": 7, "drop": 0, "close": 0, "thread": 0, "loop": 0}


def test_an_interpreter_ends_with_work_in_flight(tmp_path: Path) -> None:
    wrong = []
    for number in range(COUNT):
        how = list(WAYS)[number % len(WAYS)]
        directory = tmp_path / str(number)
        directory.mkdir()
        script = Path(__file__).with_name("exits.py")
        ended = subprocess.run([sys.executable, "-X", "dev", str(script), how, str(directory)], capture_output=True, text=True)
        noise = [line for line in ended.stderr.splitlines() if "ResourceWarning" not in line]
        fatal = any(word in ended.stderr for word in ("Fatal Python error", "panicked", "Segmentation"))
        if ended.returncode != WAYS[how] or ended.stdout != "busy\n" or fatal:
            wrong.append((how, ended.returncode, ended.stdout, "\n".join(noise)[-2000:]))
    assert not wrong, f"{len(wrong)} of {COUNT}: {wrong[0]}"
