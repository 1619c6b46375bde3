"""SARIF of real repositories put to JSON schema, to the multitool with GitHub's rules, and to our own list.

    npm install --no-save @microsoft/sarif-multitool
    python -m tests.acceptance.sarif [--modules node_modules] REPOSITORY ...

Exit codes: 0 all accepted, 1 something is wrong, 77 skipped because the multitool is not installed.
"""

from __future__ import annotations

import argparse
import json
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlops_scan.engine import scan
from mlops_scan.reports.sarif import Sarif
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.folders import git_top
from tests.acceptance.requirements import violations

SKIPPED = 77
HERE = Path(__file__).parent
SYSTEMS = HERE.parent.parent / "fixtures" / "systems"


def multitool(modules: Path) -> Path:
    """The validator's program. npm may refuse its install script, which only sets the executable bit."""
    system = {"Darwin": "darwin", "Windows": "win32"}.get(platform.system(), "linux")
    program = modules / "@microsoft" / f"sarif-multitool-{system}" / "Sarif.Multitool"
    if program.is_file():
        program.chmod(program.stat().st_mode | 0o100)
    return program


def schema_errors(raw: bytes, modules: Path) -> Iterator[str]:
    import jsonschema

    path = next(modules.glob("@microsoft/*/sarif-2.1.0.json"), None)
    if path is None:
        yield "no sarif-2.1.0.json beside the multitool"
        return
    schema = json.loads(path.read_bytes())
    checker = jsonschema.validators.validator_for(schema)(schema)
    for error in checker.iter_errors(json.loads(raw)):
        yield f"schema: {'/'.join(map(str, error.absolute_path))}: {error.message[:160]}"


def validated(raw: bytes, program: Path) -> Iterator[str]:
    """Errors and warnings of the multitool; its exit code tells nothing."""
    with tempfile.TemporaryDirectory() as folder:
        given, told = Path(folder, "in.sarif"), Path(folder, "out.sarif")
        given.write_bytes(raw)
        command = [program, "validate", given, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning", "--config"]
        command += [HERE / "ghas.config.xml", "--output", told, "--log", "ForceOverwrite"]
        subprocess.run([str(word) for word in command], capture_output=True, check=True, timeout=300)
        for result in json.loads(told.read_text("utf-8-sig"))["runs"][0].get("results", []):
            message = result["message"].get("text") or result["message"].get("arguments")
            yield f"multitool {result['ruleId']} {result.get('level', 'warning')}: {message}"[:240]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "repositories", type=Path, nargs="*", default=sorted(path for path in SYSTEMS.iterdir() if path.is_dir())
    )
    parser.add_argument("--modules", type=Path, default=Path("node_modules"))
    given = parser.parse_args()
    program = multitool(given.modules)
    if not program.is_file():
        print(f"SKIPPED, NOTHING WAS CHECKED: {program} is missing; see docs/acceptance.md", file=sys.stderr)
        return SKIPPED
    failed = 0
    for root in given.repositories:
        result = scan(root, Config())
        raw = Sarif().render(result).encode()
        wrong = [*violations(raw, git_top(root) or root), *schema_errors(raw, given.modules), *validated(raw, program)]
        failed += bool(wrong)
        print(f"{'REFUSED' if wrong else 'accepted'}  {root.name}: {len(result.open_findings)} findings")
        print("".join(f"    {problem}\n" for problem in wrong), end="")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
