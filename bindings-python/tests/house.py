"""A git repository to work on, the real Claude Code, and the model on loopback that it talks to."""

from __future__ import annotations

import functools
import os
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]


def fetched(script: str, what: str) -> str:
    """What a script of ``examples/`` gets here; the test is skipped where that cannot be had."""
    found = subprocess.run([REPOSITORY / "examples" / script], capture_output=True, text=True)
    if found.returncode == 3:
        pytest.skip(f"no {what} here: {found.stderr.strip()}")
    assert found.returncode == 0, found.stderr
    return found.stdout.strip()


@functools.cache
def claude_program() -> str:
    return fetched("fetch-claude.sh", "Claude Code")


@functools.cache
def chromium_program() -> str:
    return fetched("fetch-chromium.sh", "Chromium")


@functools.cache
def model_program() -> Path:
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    subprocess.run(["cargo", "build", "-q", "--locked", "-p", "scripted-model", "--target-dir", target], cwd=REPOSITORY, check=True)
    return target / "debug" / "scripted-model"


def git(directory: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.invalid"]
    return subprocess.run(["git", *identity, *arguments], cwd=directory, capture_output=True, text=True, check=True).stdout


def repository(directory: Path) -> Path:
    """A repository with one commit, below a directory."""
    shop = directory / "shop"
    shop.mkdir()
    git(shop, "init", "-q", "-b", "main")
    git(shop, "commit", "-q", "--allow-empty", "-m", "Begin")
    return shop
