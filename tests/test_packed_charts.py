"""Packed dependencies of charts: rendered as Helm does, told at the line that names them, bounded."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from mlops_scan.scanner.files import Tree, walk
from mlops_scan.scanner.formats.charts import packed
from mlops_scan.scanner.formats.charts.facts import facts
from mlops_scan.scanner.model import Fact, Note

PARENT = """\
apiVersion: v2
name: app
version: 1.0.0
dependencies:
  - name: cache
    version: 2.x.x
    repository: https://charts.example.org
    condition: cache.enabled
"""
CACHE = "apiVersion: v2\nname: cache\nversion: 2.1.0\nappVersion: '7'\n"
SET = """\
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: {{ .Release.Name }}-cache}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: cache
          image: "reg/cache:{{ .Values.tag | default .Chart.AppVersion }}"
          env: [{name: CACHE_PASSWORD, value: s3cr3t-Pa55}]
"""


def archive(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for path, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            entry = tarfile.TarInfo(path)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def read(root: Path, files: Mapping[str, str | bytes]) -> tuple[list[Fact], list[Note]]:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode() if isinstance(text, str) else text)
    items = list(facts(Tree(root, walk(root)), ""))
    return [one for one in items if isinstance(one, Fact)], [one for one in items if isinstance(one, Note)]


CACHE_FILES: dict[str, str | bytes] = {
    "cache/Chart.yaml": CACHE,
    "cache/values.yaml": "replicas: 3\n",
    "cache/templates/set.yaml": SET,
}


def test_a_packed_dependency_is_told_at_the_line_that_names_it(tmp_path: Path) -> None:
    found, notes = read(
        tmp_path,
        {
            "Chart.yaml": PARENT,
            "values.yaml": "cache:\n  enabled: true\n  tag: '8'\n",
            "charts/cache-2.1.0.tgz": archive(CACHE_FILES),
        },
    )
    assert not notes
    by_kind = {fact.kind: fact for fact in found}
    image, workload = by_kind["image"], by_kind["workload"]
    assert (image.name, image.get("tag"), str(image.at)) == ("reg/cache", "8", "Chart.yaml:5")
    assert [str(place.at) for place in image.also] == ["values.yaml:3"]  # what our own values say
    assert (workload.name, workload.get("replicas"), workload.get("packed")) == ("app-cache", 3, True)
    assert "env" not in by_kind  # what its maker wrote there is not ours to mend
    assert not [fact for fact in found if ".tgz" in str(fact)]
    assert [one["present"] for one in by_kind["chart"].get("dependencies")] == [True]


def test_a_condition_switches_a_packed_dependency_off(tmp_path: Path) -> None:
    found, _ = read(
        tmp_path,
        {
            "Chart.yaml": PARENT,
            "values.yaml": "cache: {enabled: false}\n",
            "charts/cache-2.1.0.tgz": archive(CACHE_FILES),
        },
    )
    assert {fact.kind for fact in found} == {"chart"}


def test_an_archive_in_an_archive_is_opened(tmp_path: Path) -> None:
    parent = CACHE + "dependencies:\n  - {name: inner, version: 1.0.0}\n"
    inner: dict[str, str | bytes] = {
        "inner/Chart.yaml": "apiVersion: v2\nname: inner\nversion: 1.0.0\n",
        "inner/templates/_helpers.tpl": '{{- define "inner.image" -}}reg/inner:9{{- end -}}',
    }
    outer: dict[str, str | bytes] = {
        "cache/Chart.yaml": parent,
        "cache/templates/set.yaml": SET.replace('"reg/cache:{{ .Values.tag | default .Chart.AppVersion }}"', IMAGE),
        "cache/charts/inner-1.0.0.tgz": archive(inner),
    }
    found, notes = read(tmp_path, {"Chart.yaml": PARENT, "charts/cache-2.1.0.tgz": archive(outer)})
    assert not notes
    assert [fact.get("raw") for fact in found if fact.kind == "image"] == ["reg/inner:9"]


IMAGE = '{{ include "inner.image" . }}'


@pytest.mark.parametrize(
    "data",
    [b"", b"no archive", gzip.compress(b"no tar"), archive(CACHE_FILES)[:-60], archive({"cache/readme": "no chart"})],
    ids=["empty", "text", "no tar", "cut off", "no chart"],
)
def test_what_cannot_be_opened_is_noted(tmp_path: Path, data: bytes) -> None:
    found, notes = read(tmp_path, {"Chart.yaml": PARENT, "charts/cache-2.1.0.tgz": data})
    assert [(str(note.at), note.reason) for note in notes] == [
        ("Chart.yaml:5", "dependency 'cache' is a packed archive that cannot be read: what it defines is missing")
    ]
    assert {fact.kind for fact in found} == {"chart"}


def test_members_that_would_leave_the_archive_are_left_out(tmp_path: Path) -> None:
    files: dict[str, str | bytes] = {
        **CACHE_FILES,
        "cache/../../values.yaml": "replicas: 99",
        "/etc/x": "x",
        "../y/z": "z",
    }
    found, _ = read(tmp_path, {"Chart.yaml": PARENT, "charts/cache-2.1.0.tgz": archive(files)})
    assert [fact.get("replicas") for fact in found if fact.kind == "workload"] == [3]


def test_a_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed, "_UNPACKED", 100_000)
    bomb = archive({**CACHE_FILES, "cache/files/zeros": bytes(1_000_000)})
    assert len(bomb) < 5_000
    _, notes = read(tmp_path, {"Chart.yaml": PARENT, "charts/cache-2.1.0.tgz": bomb})
    assert [str(note.at) for note in notes] == ["Chart.yaml:5"]


def test_a_sparse_member_is_left_out(tmp_path: Path) -> None:
    hole = tarfile.TarInfo("cache/files/hole")
    hole.pax_headers = {"GNU.sparse.map": "0,1", "GNU.sparse.size": str(7 * 2**20)}
    hole.size = 1
    (tmp_path / "charts").mkdir()
    with tarfile.open(tmp_path / "charts/a.tgz", mode="w:gz", format=tarfile.PAX_FORMAT) as tar:
        tar.addfile(hole, io.BytesIO(b"x"))
        plain = tarfile.TarInfo("cache/values.yaml")
        tar.addfile(plain, io.BytesIO())
    with tarfile.open(tmp_path / "charts/a.tgz") as tar:
        assert tar.getmember("cache/files/hole").issparse()
    assert packed.Opened(Tree(tmp_path, walk(tmp_path))).under("charts/a.tgz") == ("charts/a.tgz/values.yaml",)
