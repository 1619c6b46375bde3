"""Drafts and graphs of real repositories, their diagrams parsed by mermaid itself.

    npm install --no-save mermaid jsdom
    python -m tests.acceptance.mermaid [--modules node_modules] REPOSITORY ...

Exit codes: 0 all accepted, 1 something is wrong, 77 skipped because node or mermaid is not installed.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from mlops_scan.engine import scan
from mlops_scan.reports.architecture import Architecture
from mlops_scan.reports.mermaid import Mermaid
from mlops_scan.scanner.config import Config

SKIPPED = 77
HERE = Path(__file__).parent
SYSTEMS = HERE.parent.parent / "fixtures" / "systems"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "repositories", type=Path, nargs="*", default=sorted(path for path in SYSTEMS.iterdir() if path.is_dir())
    )
    parser.add_argument("--modules", type=Path, default=Path("node_modules"))
    given = parser.parse_args()
    node = shutil.which("node")
    if node is None or not all((given.modules / name).is_dir() for name in ("mermaid", "jsdom")):
        print(
            "SKIPPED, NOTHING WAS CHECKED: node, mermaid or jsdom is missing; see docs/acceptance.md", file=sys.stderr
        )
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        drafts: list[Path] = []
        for root in given.repositories:
            result = scan(root, Config())
            drafts += [Path(folder, f"{root.resolve().name}.{part}.md") for part in ("draft", "graph")]
            drafts[-2].write_text(Architecture().render(result), encoding="utf-8")
            drafts[-1].write_text(f"```mermaid\n{Mermaid().render(result)}```\n", encoding="utf-8")
        return subprocess.run([node, HERE / "mermaid.mjs", given.modules, *drafts], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
