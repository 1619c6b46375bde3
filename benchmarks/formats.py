"""CPU of reading the YAML of a tree beside libyaml's `compose_all` of the same bytes, and of rendering its charts.

    python benchmarks/formats.py FOLDER ...

Half a minute a folder. All figures of a line come from one run: read the ratio, not the seconds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import yaml

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats import kube
from mlops_scan.scanner.formats.charts.chart import is_vendored, load
from mlops_scan.scanner.formats.charts.dependencies import ANCHOR
from mlops_scan.scanner.formats.charts.packed import Opened
from mlops_scan.scanner.formats.charts.render import Renderer
from mlops_scan.scanner.formats.gotemplate.values import Values

REPEATS = 3


def cpu(work: Callable[[], object]) -> float:
    """CPU seconds of the best of several runs."""
    best = float("inf")
    for _ in range(REPEATS):
        before = time.process_time()
        work()
        best = min(best, time.process_time() - before)
    return best


def compose(texts: list[bytes]) -> None:
    for text in texts:
        try:
            for _ in yaml.compose_all(text, yaml.CSafeLoader):
                pass
        except (yaml.YAMLError, UnicodeDecodeError):
            continue


def documents(root: Path, paths: list[str]) -> None:
    """The objects of all files with manifests, nothing remembered from a run before."""
    for source in (SourceFile(root, path) for path in paths):
        if b"kind" in source.data and b"apiVersion" in source.data:
            kube.manifests(source)


def show_yaml(root: Path, tree: Tree) -> None:
    paths = [path for path in tree.paths if path.endswith((".yaml", ".yml"))]
    texts = [(root / path).read_bytes() for path in paths]
    ours, theirs = cpu(lambda: documents(root, paths)), cpu(lambda: compose(texts))
    size = sum(map(len, texts)) / 2**20
    print(
        f"{root.name}: {len(paths)} YAML files, {size:.1f} MB: ours {ours:.2f} s, compose_all {theirs:.2f} s,", end=" "
    )
    print(f"ratio {ours / max(theirs, 1e-9):.3f}")


def show_charts(root: Path, tree: Tree) -> None:
    folders = [path.rpartition("/")[0] for path in tree.paths if path.rpartition("/")[2] == ANCHOR]
    took = sorted(
        cpu(lambda folder=folder: render(tree, folder)) for folder in folders if not is_vendored(tree, folder)
    )
    if took:
        mean = 1000 * sum(took) / len(took)
        print(
            f"{root.name}: {len(took)} charts: mean {mean:.0f} ms, median {1000 * took[len(took) // 2]:.0f} ms,",
            end=" ",
        )
        print(f"slowest {1000 * took[-1]:.0f} ms")


def render(tree: Tree, folder: str) -> None:
    opened = Opened(tree)
    chart = load(opened, folder)
    if chart is not None:
        Renderer(opened, chart).render(Values())


def main(arguments: list[str]) -> int:
    for argument in arguments or ["."]:
        root = Path(argument).resolve()
        tree = walk.discover(root, ()).tree
        show_yaml(root, tree)
        with reading.rare_collection():
            show_charts(root, tree)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
