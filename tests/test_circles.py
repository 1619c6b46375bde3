"""Whatever refers to itself in a circle ends, with a note at the line that says where."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner import reading, walk

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
    assert process_time() - start < 20
    assert any("leads back" in note for note in told)
    assert any("more than 500 charts" in note for note in told)
