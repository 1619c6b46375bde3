"""Wall and CPU of mlops-scan beside `ast.parse` of all Python of the same tree, ruff, and checkov where asked for.

    python benchmarks/run.py [--checkov] [FOLDER ...]     (default: a synthetic repository of about 4,000 files)

About a minute without checkov. All figures of a table come from one machine: read the ratios, not the seconds.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import generate

PARSE = """
import ast, pathlib, sys
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.py")):
    try:
        ast.parse(path.read_bytes())
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
"""
REPEATS = 3


def measure(command: list[str], repeats: int = REPEATS) -> tuple[float, float, float]:
    """(wall seconds, CPU seconds, peak MB) of the best of several runs."""
    best = (float("inf"), 0.0, 0.0)
    for _ in range(repeats):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, _, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        best = min(best, (wall, cpu, usage.ru_maxrss / 1024))
    return best


def program(name: str) -> str | None:
    """A program beside this interpreter, else on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def rows(root: Path, checkov: str | None) -> list[tuple[str, tuple[float, float, float]]]:
    """What was measured over one tree."""
    scan = [sys.executable, "-m", "mlops_scan", "check", str(root), "--format", "json", "--no-config"]
    found = [
        ("mlops-scan --jobs 1", measure([*scan, "--jobs", "1"])),
        ("mlops-scan --jobs 2", measure([*scan, "--jobs", "2"])),
        ("ast.parse of all .py", measure([sys.executable, "-I", "-c", PARSE, str(root)])),
    ]
    if ruff := program("ruff"):
        found.append(("ruff check", measure([ruff, "check", "--no-cache", "--isolated", "--quiet", str(root)])))
    if checkov:
        frameworks = ["kubernetes", "helm", "terraform", "dockerfile", "github_actions"]
        found.append(
            ("checkov", measure([checkov, "-d", str(root), "--framework", *frameworks, "--quiet", "--compact"], 1))
        )
    return found


def show(name: str, root: Path, checkov: str | None) -> None:
    files = sum(1 for path in root.rglob("*") if path.is_file() and ".git" not in path.parts)
    table = rows(root, checkov)
    ours = table[0][1]
    print(f"\n{name} ({files} files)\n{'':24}{'wall s':>9}{'CPU s':>9}{'peak MB':>9}{'CPU / ours':>12}")
    for label, (wall, cpu, peak) in table:
        print(f"{label:24}{wall:9.2f}{cpu:9.2f}{peak:9.0f}{cpu / ours[1]:12.2f}")
    print(f"two processes: {ours[0] / table[1][1][0]:.2f} times as fast as one")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--checkov", action="store_true", help="measure checkov, too: many times slower")
    given = parser.parse_args()
    checkov = program("checkov") if given.checkov else None
    if given.checkov and checkov is None:
        parser.error("checkov is not installed")
    start = measure([sys.executable, "-m", "mlops_scan", "--version"], 10)
    bare = measure([sys.executable, "-c", "pass"], 10)
    print(f"--version: {start[1] * 1000:.0f} ms CPU (python alone: {bare[1] * 1000:.0f} ms)")
    for folder in given.folders:
        show(folder.name, folder, checkov)
    if not given.folders:
        with tempfile.TemporaryDirectory() as made:
            generate(Path(made), services=400, notebooks=400, charts=40)
            show("synthetic: 400 services, 400 notebooks, 40 charts", Path(made), checkov)


if __name__ == "__main__":
    main()
