"""Files that code opens: the path is what is opened, never the mode, whichever way it is opened."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.link import streams
from mlops_scan.scanner.link.code.written import written
from tests.by_hand import call
from tests.conftest import Understand

LIBRARIES = "import pickle, io, gzip, bz2, lzma, codecs, os\nimport fsspec, smart_open\nfrom pathlib import Path\n"


def _models(graph: Graph) -> set[str]:
    return {f"{edge.relation} {edge.target}" for edge in graph.edges("reads", "writes") if "model:" in edge.target}


@pytest.mark.parametrize(
    "opening",
    [
        'open("out/clf.pkl", "rb")',
        'open(Path("out") / "clf.pkl", mode="rb")',
        'Path("out/clf.pkl").open("rb")',
        'Path("out/clf.pkl").open(mode="rb")',
        '(Path("out") / "clf.pkl").open(mode="rb")',
        'P.open("rb")',
        "P.open()",
        'io.open("out/clf.pkl", "rb")',
        'gzip.open("out/clf.pkl", "rb")',
        "gzip.open(P)",
        'gzip.GzipFile("out/clf.pkl")',
        'bz2.open(filename="out/clf.pkl")',
        'lzma.open("out/clf.pkl", mode="rb")',
        'codecs.open("out/clf.pkl", "rb")',
        'fsspec.open("s3://b/out/clf.pkl", "rb")',
        'smart_open.open("s3://b/out/clf.pkl", mode="rb")',
        'fsspec.filesystem("s3").open("b/out/clf.pkl", "rb")',
    ],
)
def test_a_model_is_named_after_the_path_that_is_opened(opening: str, understand: Understand) -> None:
    code = f'{LIBRARIES}P = Path("out") / "clf.pkl"\n'
    block = f"{code}with {opening} as f:\n    M = pickle.load(f)\n"
    for text in (block, f"{code}M = pickle.load({opening})\n", f"{code}f = {opening}\nM = pickle.load(f)\n"):
        assert _models(understand({"app.py": text})) == {"reads model:clf.pkl"}, text


@pytest.mark.parametrize(
    "text",
    [
        'def load(path: Path):\n    with path.open("rb") as f:\n        return pickle.load(f)\n',
        'def load(cfg):\n    return pickle.load(cfg.path.open("rb"))\n',
        'def load(cfg):\n    with cfg.store.open(mode="rb") as f:\n        return pickle.load(f)\n',
        'class A:\n    def load(self):\n        with self.path.open("rb") as f:\n            return pickle.load(f)\n',
    ],
)
def test_a_mode_is_no_name_where_the_path_is_unknown(text: str, understand: Understand) -> None:
    assert _models(understand({"app.py": f"{LIBRARIES}{text}"})) == set()


@pytest.mark.parametrize(
    "body",
    [
        'with open(path, "wb") as f:\n        pickle.dump(m, f)',
        'with Path(path).open("wb") as f:\n        pickle.dump(m, f)',
        'pickle.dump(m, open(path, "wb"))',
        'pickle.dump(m, path.open("wb"))',
        'with gzip.open(path, "wb") as f:\n        pickle.dump(m, f)',
    ],
)
def test_callers_tell_the_path_that_a_function_opens(body: str, understand: Understand) -> None:
    graph = understand({"train.py": f'{LIBRARIES}def save(m, path):\n    {body}\nsave(1, "out/clf.pkl")\n'})
    assert _models(graph) == {"writes model:clf.pkl"}


def test_opened_files_by_hand() -> None:
    assert written('open(path, "wb")', {"path": "a.pkl"}.get) == "a.pkl"
    assert written('path.open("wb")', {"path": "a.pkl"}.get) == "a.pkl"
    made = call("lib.open", "b.py:2", "rb", assigned="f")
    load = call("joblib.load", "b.py:3", {"expr": "f", "name": "lib.open"})
    assert streams.opened(Graph([made, load], ("b.py",)), load) == ""


def test_a_part_of_data_is_no_model(understand: Understand) -> None:
    loads = "\n".join(f'pickle.load(open("out/{one}.pkl", "rb"))' for one in ("train", "X_test", "val_data", "trainer"))
    assert _models(understand({"app.py": f"{LIBRARIES}{loads}\n"})) == {"reads model:trainer.pkl"}
