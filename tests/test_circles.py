"""Whatever refers to itself in a circle ends, with a note at the line that says where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.formats.circles import settled
from tests.slowness import in_time

APPLICATION = """apiVersion: argoproj.io/v1alpha1
kind: Application
metadata: {name: %s}
spec:
  source: {repoURL: https://x, path: argo/%s}
"""
FLUX = """apiVersion: %s
kind: %s
metadata: {name: %s}
spec:
  dependsOn: [{name: %s}]
"""
CHART = """apiVersion: v2
name: %s
version: 1.0.0
dependencies:
- {name: %s, version: 1.0.0, repository: "file://../%s"}
"""
KUSTOMIZATION = ("kustomize.toolkit.fluxcd.io/v1", "Kustomization")
RELEASE = ("helm.toolkit.fluxcd.io/v2", "HelmRelease")
PASSED = 'module "%s" {\n  source = "./m"\n  in     = module.%s.out\n}\n'
CIRCLES: dict[str, tuple[dict[str, str], str]] = {
    "applications": (
        {"argo/a/app.yaml": APPLICATION % ("a", "b"), "argo/b/app.yaml": APPLICATION % ("b", "a")},
        "argo/a/app.yaml:1 application 'a' applies itself",
    ),
    "kustomizations of a controller": (
        {"a.yaml": FLUX % (*KUSTOMIZATION, "a", "b"), "b.yaml": FLUX % (*KUSTOMIZATION, "b", "a")},
        "a.yaml:1 'a' depends on itself",
    ),
    "releases of a controller": (
        {"a.yaml": FLUX % (*RELEASE, "a", "b"), "b.yaml": FLUX % (*RELEASE, "b", "a")},
        "a.yaml:1 'a' depends on itself",
    ),
    "charts": (
        {"c/a/Chart.yaml": CHART % ("a", "b", "b"), "c/b/Chart.yaml": CHART % ("b", "a", "a")},
        "c/a/Chart.yaml:5 dependency 'b' leads back",
    ),
    "kustomizations": (
        {"x/kustomization.yaml": "resources: [../y]\n", "y/kustomization.yaml": "resources:\n- ../x\n"},
        "y/kustomization.yaml:2 kustomizations include each other",
    ),
    "locals that nothing uses": (
        {"main.tf": "locals {\n  a = local.b\n  b = local.a\n}\n"},
        "main.tf:2 'local.a' refers",
    ),
    "modules by their arguments": (
        {
            "main.tf": PASSED % ("x", "y") + PASSED % ("y", "x"),
            "m/main.tf": 'variable "in" {}\noutput "out" {\n  value = var.in\n}\n',
        },
        "m/main.tf:2 'output.out' refers",
    ),
    "entries of one file": (
        {"conf/config.yaml": "k: 1\na: ${b}\nb: x-${a}\n", "t.py": ""},
        "conf/config.yaml:3 'a' leads back to itself (a -> b -> a): its value is not known",
    ),
    "more entries, in lists and below each other": (
        {"conf/config.yaml": "a: [1, '${m.b}']\nm:\n  b: ${.c}\n  c: ${oc.select:d,1}\nd: ${a}\n", "t.py": ""},
        "conf/config.yaml:5 'a' leads back to itself (a -> m.b -> m.c -> d -> a)",
    ),
    "a mapping within itself": (
        {"conf/config.yaml": "m: {n: {k: '${m}'}}\n", "t.py": ""},
        "conf/config.yaml:1 'm.n.k' leads back to itself (m.n.k -> m.n.k): its value is not known",
    ),
    "entries of options that are chosen": (
        {
            "conf/config.yaml": "defaults: [{model: gbm}, {data: raw}]\n",
            "conf/model/gbm.yaml": "out: ${data.in}\n",
            "conf/data/raw.yaml": "in: ${model.out}\n",
            "t.py": "",
        },
        "conf/model/gbm.yaml:1 'data.in' leads back",
    ),
    "entries of an option that a command may choose": (
        {
            "conf/config.yaml": "defaults: [{model: gbm}]\nout: ${model.out}\n",
            "conf/model/gbm.yaml": "out: x\n",
            "conf/model/xgb.yaml": "out: ${out}\n",
            "t.py": "",
        },
        "conf/config.yaml:2 'model.out' leads back",
    ),
    "files that choose each other": (
        {"conf/a.yaml": "k: 1\ndefaults: [b]\n", "conf/b.yaml": "defaults: [a]\n", "t.py": ""},
        "conf/b.yaml:1 'conf/a.yaml' leads back to itself (conf/a.yaml -> conf/b.yaml -> conf/a.yaml)",
    ),
    "options of sections": (
        {
            "s.ini": "[m]\na = %(b)s\nb = x%(a)s\n",
            "t.py": "import configparser\nc = configparser.ConfigParser()\nc.read('s.ini')\nopen(c['m']['a'])\n",
        },
        "s.ini:3 'm.a' leads back",
    ),
    "entries that lead to more than is followed": (
        {
            "conf/config.yaml": "c0: x\n" + "".join(f"c{n}: ${{c{n - 1}}}${{c{n - 1}}}\n" for n in range(1, 50)),
            "t.py": "",
        },
        "conf/config.yaml:7 'c6' leads to more than 100 other entries",
    ),
    "modules by their source": (
        {"a/main.tf": 'module "b" {\n  source = "../b"\n}\n', "b/main.tf": 'module "a" {\n  source = "../a"\n}\n'},
        "a/main.tf:1 module 'b' leads back",
    ),
}


def notes(root: Path, files: Mapping[str, str]) -> list[str]:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return [f"{note.at} {note.reason}" for note in reading.read(walk.discover(root).tree, 1).notes]


@pytest.mark.parametrize("what", CIRCLES)
def test_a_circle_is_a_note(tmp_path: Path, what: str) -> None:
    files, expected = CIRCLES[what]
    assert any(note.startswith(expected) for note in notes(tmp_path, files))


def test_what_only_looks_like_a_circle_is_none(tmp_path: Path) -> None:
    files = {
        "apps/self.yaml": APPLICATION.replace("argo/%s", "apps") % "self",
        "main.tf": 'locals {\n  a = "x.local.b"\n  b = local.a\n}\n',
        "eu/a.yaml": FLUX % (*KUSTOMIZATION, "a", "b"),
        "us/b.yaml": FLUX % (*KUSTOMIZATION, "b", "c"),
        "us/c.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: c}\n",
        "conf/config.yaml": "defaults: [{model: gbm}]\nname: a\nHOME: ${HOME}\nk: ${oc.env:k}-\\${k}\nm: {x: '${n}'}\n",
        "conf/model/gbm.yaml": "name: ${name}\npath: ${model.name}/${.name}/${hydra:run.dir}\n",
        "conf/model/net/xgb.yaml": "name: ${name}\n",
        "t.py": "",
    }
    assert not [note for note in notes(tmp_path, files) if "itself" in note or "back" in note]


def test_charts_that_all_depend_on_each_other_end_soon(tmp_path: Path) -> None:
    names = [f"c{number}" for number in range(10)]
    head = "apiVersion: v2\nname: %s\nversion: 1.0.0\ndependencies:\n"
    files = {
        f"{one}/Chart.yaml": head % one
        + "".join(f'- {{name: {other}, version: 1.0.0, repository: "file://../{other}"}}\n' for other in names)
        for one in names
    }
    start = process_time()
    told = notes(tmp_path, files)
    assert in_time(process_time() - start, 20)
    assert any("leads back" in note for note in told)
    assert any("more than 500 charts" in note for note in told)


def test_names_are_settled_after_what_they_need() -> None:
    needs = {"a": ["b", "c", "b"], "b": ["c"], "c": [], "d": ["e"], "e": ["d", "c"], "f": ["d"], "g": ["unknown"]}
    found = settled(needs)
    assert sorted(found) == ["a", "b", "c", "g"]
    assert found.index("c") < found.index("b") < found.index("a")
