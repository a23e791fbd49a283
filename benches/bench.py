#!/usr/bin/env python3
"""Feeds the same lines to every reader in turn, some rounds long, and prints what each took beside the others. ``make bench`` runs it."""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

HERE = Path(__file__).resolve().parent
#: What must be the same for all that read the messages, since they come from the same lines.
SAME = ("text_chars", "thought_chars", "calls", "results", "result_chars")


def cases(target: Path, lines: Path) -> dict[str, list[str]]:
    release, bench = target / "release", target / "bench"
    claude, python = str(release / "bench-claude"), str(bench / "python" / "bin" / "python")
    rust = [str(release / "bench-rust"), f"--claude={claude}", f"--lines={lines}"]
    node = bench / "node"
    # Where build.sh found no Swift there is none.
    in_swift = [str(bench / "swift.sh"), claude, str(lines)] if (bench / "swift.sh").exists() else []
    swift = {f"Swift, {name}": [*in_swift, name.lower()] for name in ("memory", "SQLite") if in_swift}
    return {
        "pipe, lines": [*rust, "split"],
        "pipe, JSON trees": [*rust, "parse"],
        "Rust, memory": [*rust, "memory"],
        "Rust, SQLite": [*rust, "sqlite"],
        "Python SDK": [python, str(HERE / "python" / "sdk.py"), claude, str(lines)],
        "Python, memory": [python, str(HERE / "python" / "stream.py"), claude, str(lines), "memory"],
        "Python, SQLite": [python, str(HERE / "python" / "stream.py"), claude, str(lines), "sqlite"],
        "Node SDK": ["node", str(node / "sdk.mjs"), claude, str(lines)],
        "Node, memory": ["node", str(node / "stream.mjs"), claude, str(lines), "memory"],
        "Node, SQLite": ["node", str(node / "stream.mjs"), claude, str(lines), "sqlite"],
        **swift,
    }


def output(command: list[str]) -> dict[str, Any]:
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    if done.returncode != 0:
        sys.exit(f"{command[:3]} failed:\n{done.stdout}{done.stderr}")
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def run(command: list[str], lines: int) -> dict[str, Any]:
    result = output(command)
    result["rate"] = lines / result["seconds"]
    result["cpu"] = result["cpu_seconds"] / lines * 1e6
    return result


def spread(values: list[float], digits: int) -> str:
    return f"{median(values):,.{digits}f} [{min(values):,.{digits}f}–{max(values):,.{digits}f}]"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=HERE.parent / "target", help="where the readers were built")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--lines", type=int, default=200_000)
    parser.add_argument("--only", default="", help="only the cases whose names begin so; several with commas between")
    parser.add_argument("--whole", action="store_true", help="whole messages only, no pieces of them")
    args = parser.parse_args()
    target = args.target.resolve()
    lines = target / "bench" / f"{'whole' if args.whole else 'pieces'}-{args.lines}.jsonl"
    made = [str(target / "release" / "bench-lines"), str(lines), f"--lines={args.lines}", *(["--whole"] if args.whole else [])]
    told = subprocess.run(made, check=True, capture_output=True, text=True).stdout.strip()
    print(told)
    count = int(told.split()[0])
    chosen = {name: command for name, command in cases(target, lines).items() if name.startswith(tuple(args.only.split(",")))}

    seed = random.randrange(1 << 32)
    order = random.Random(seed)
    print(f"{platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {args.rounds} rounds, order by seed {seed}")
    results: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen}
    for _ in range(args.rounds):
        names = list(chosen)
        order.shuffle(names)
        for name in names:
            results[name].append(run(chosen[name], count))
    print(f"load {os.getloadavg()[0]:.1f} at the end\n")

    print("| reader | lines/s | processor µs/line | peak MB | events | pieces of text |")
    print("|---|---|---|---|---|---|")
    for name, rounds in results.items():
        of = lambda key: [one[key] for one in rounds]  # noqa: E731
        told = "–" if name.startswith("pipe") else f"{median(of('events')):,.0f}"
        pieces = "–" if name.startswith("pipe") else f"{median(of('deltas')):,.0f}"
        peak = median(of("peak_kib")) / 1024
        print(f"| {name} | {spread(of('rate'), 0)} | {spread(of('cpu'), 2)} | {peak:,.0f} | {told} | {pieces} |")
    print()
    for language in ("Python", "Node"):
        for kept in ("memory", "SQLite"):
            compare(results, f"{language}, {kept}", f"{language} SDK")
    check(results)
    again(results)
    if not args.only:
        calls(target, args.rounds)


def again(results: dict[str, list[dict[str, Any]]]) -> None:
    """What it costs to read the events of the turn once more, from the store alone."""
    print("\n| reader | events/s, read again | processor µs/event |")
    print("|---|---|---|")
    for name, rounds in results.items():
        if any("again_events" in one for one in rounds):
            rate = [one["again_events"] / one["again_seconds"] for one in rounds]
            cpu = [one["again_cpu_seconds"] / one["again_events"] * 1e6 for one in rounds]
            print(f"| {name} | {spread(rate, 0)} | {spread(cpu, 2)} |")


def calls(target: Path, rounds: int) -> None:
    """What a call costs."""
    commands = {
        "Python": [str(target / "bench" / "python" / "bin" / "python"), str(HERE / "python" / "calls.py")],
        "Node": ["node", str(target / "bench" / "node" / "calls.mjs")],
    }
    print("\n| calls | µs alone | processor µs alone | µs each of 64 at once | processor µs |")
    print("|---|---|---|---|---|")
    for name, command in commands.items():
        told = [output(command) for _ in range(rounds)]
        cells = [spread([one[how][what] for one in told], 1) for how in ("alone", "at_once") for what in ("us", "cpu_us")]
        print(f"| {name} | {' | '.join(cells)} |")


def compare(results: dict[str, list[dict[str, Any]]], ours: str, theirs: str) -> None:
    if not results.get(ours) or not results.get(theirs):
        return
    pairs = list(zip(results[ours], results[theirs]))
    faster = [one["rate"] / other["rate"] for one, other in pairs]
    cheaper = [other["cpu"] / one["cpu"] for one, other in pairs]
    print(f"{ours} beside {theirs}: {spread(faster, 2)} times its lines/s, its processor time is {spread(cheaper, 2)} times ours")


def check(results: dict[str, list[dict[str, Any]]]) -> None:
    """Everybody was given the same."""
    given = {name: {key: one.get(key) for key in SAME} for name, rounds in results.items() for one in rounds if "text_chars" in one}
    readers = {name: told for name, told in given.items() if not name.startswith("pipe")}
    told = list(readers.values())
    if any(one != told[0] for one in told):
        for name, one in readers.items():
            print(f"{name}: {one}", file=sys.stderr)
        sys.exit("bench: the readers were not given the same")
    if told:
        print(f"all were given the same: {told[0]}")


if __name__ == "__main__":
    main()
