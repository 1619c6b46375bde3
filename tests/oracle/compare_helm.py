"""Compare our rendering of charts with Helm's own: for developers, never collected by pytest.

    pip install helm-python-sdk     (Helm's Go SDK, 75 MB: an oracle, not a dependency)
    python tests/oracle/compare_helm.py FOLDER...

Every chart below the folders that nobody vendors is rendered by both; dependencies that lie elsewhere in the same
folder are copied where Helm wants them. Files count as equal when they hold equal YAML; what is random is masked.
"""

from __future__ import annotations

import argparse
import importlib
import re
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from mlops_scan.scanner import files
from mlops_scan.scanner.formats.charts import chart as charts
from mlops_scan.scanner.formats.charts import dependencies
from mlops_scan.scanner.formats.charts.packed import Opened
from mlops_scan.scanner.formats.charts.render import Renderer
from mlops_scan.scanner.formats.gotemplate.values import Values
from mlops_scan.scanner.formats.yamlnodes import Repository

RELEASE = "release-name"
_SECRET = re.compile(r"[A-Za-z0-9+/=_-]{8,}")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print what differs")
    options = parser.parse_args(arguments)
    try:
        helm = importlib.import_module("helm_python")
    except ImportError:
        print("SKIPPED: helm-python-sdk is not installed, nothing was compared", file=sys.stderr)
        return 3
    counts: Counter[str] = Counter()
    for folder in options.folders:
        compare_folder(folder, helm.Chart, counts, options.verbose)
    total = sum(counts[key] for key in ("identical", "yaml-equal", "different", "one-sided"))
    equal = counts["identical"] + counts["yaml-equal"]
    print(dict(sorted(counts.items())))
    print(f"{equal} of {total} files equal: {100 * equal / max(total, 1):.2f} %")
    return 0 if equal >= 0.97 * total else 1


def compare_folder(folder: Path, helm: Any, counts: Counter[str], verbose: bool) -> None:
    tree = files.Tree(folder, files.walk(folder))
    for path in tree.paths:
        where, _, name = path.rpartition("/")
        if name != dependencies.ANCHOR or charts.is_vendored(tree, where):
            continue
        opened = Opened(tree)
        chart = charts.load(opened, where)
        if chart is None or chart.library:
            continue
        counts["charts"] += 1
        theirs = rendered_by_helm(folder, chart, helm)
        if isinstance(theirs, str):
            counts["charts Helm refuses"] += 1
            if verbose:
                print(f"-- {where}: Helm refuses: {theirs[:160]}")
            continue
        before = time.process_time()
        ours = {key: text for key, text in rendered_here(opened, chart) if text.strip()}
        counts["our CPU ms"] += round(1000 * (time.process_time() - before))
        differences = list(compare(ours, {key: text for key, text in theirs.items() if text.strip()}, counts))
        counts["charts equal"] += not differences
        if verbose:
            for key, what in differences:
                print(f"{where}: {key}: {what}")


def rendered_here(tree: Repository, chart: charts.Chart) -> Iterator[tuple[str, str]]:
    for output in Renderer(tree, chart).render(Values(), name=RELEASE).outputs:
        yield output.name, output.writer.text()


def rendered_by_helm(root: Path, chart: charts.Chart, helm: Any) -> dict[str, str] | str:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / chart.name
        vendor(root, chart, folder)
        try:
            with helm.load(folder) as loaded:
                made = loaded.render(name=RELEASE, namespace="default")
        except Exception as error:
            return str(error)
    return {key: text for key, text in made.items() if not key.endswith("NOTES.txt")}


def vendor(root: Path, chart: charts.Chart, folder: Path) -> None:
    """The chart at `folder`, with those charts in its charts/ folder that it finds elsewhere in the repository."""
    shutil.copytree(root / chart.folder, folder, ignore_dangling_symlinks=True, dirs_exist_ok=True)
    (folder / "values.schema.json").unlink(missing_ok=True)
    for sub in chart.charts:
        if sub.outside:
            vendor(root, sub, folder / "charts" / sub.name)


def compare(ours: dict[str, str], theirs: dict[str, str], counts: Counter[str]) -> Iterator[tuple[str, str]]:
    for key in sorted({*ours, *theirs}):
        mine, other = ours.get(key), theirs.get(key)
        if mine is None or other is None:
            if not documents((mine or "") + (other or "")):
                continue
            counts["one-sided"] += 1
            yield key, "only Helm prints it" if mine is None else "only we print it"
        elif mine.strip() == other.strip():
            counts["identical"] += 1
        elif documents(mine) == documents(other):
            counts["yaml-equal"] += 1
        else:
            counts["different"] += 1
            yield key, first_difference(mine, other)


def documents(text: str) -> Any:
    try:
        return [masked(one) for one in yaml.load_all(text, yaml.CSafeLoader) if one is not None]
    except yaml.YAMLError:
        return text.split()


def masked(value: Any, key: str = "") -> Any:
    """The value without what is random or a digest of it."""
    if isinstance(value, dict):
        hidden = value.get("kind") == "Secret"
        return {
            one: "masked" if hidden and one in ("data", "stringData") else masked(v, str(one))
            for one, v in value.items()
        }
    if isinstance(value, list):
        return [masked(one) for one in value]
    if isinstance(value, str) and re.search(
        r"checksum|caBundle|rand|password|secret|token|uuid|hash", key, re.IGNORECASE
    ):
        return "masked" if _SECRET.fullmatch(value) else value
    return value


def first_difference(mine: str, other: str) -> str:
    ours, theirs = mine.strip().split("\n"), other.strip().split("\n")
    for number, (left, right) in enumerate(zip(ours, theirs, strict=False), start=1):
        if left != right and left.strip() != right.strip():
            return f"line {number}: ours {left.strip()!r}, Helm's {right.strip()!r}"
    return f"ours {len(ours)} lines, Helm's {len(theirs)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
