"""Sets of applications in Go's whole template language: functions, conditions, loops, and the patch over a template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.formats.goholes import GoHoles
from mlops_scan.scanner.formats.holes import Typed, filled, filled_in, flat
from mlops_scan.scanner.link.build import build
from mlops_scan.scanner.reading import Reading
from mlops_scan.scanner.releases.applications import merged

KNOWN = {
    "path": "apps/fraud_api/prod",
    "path.path": "apps/fraud_api/prod",
    "path.basename": "prod",
    "cluster.name": "EU-1",
    "gpu": Typed("true", True),
    "spot": Typed("false", False),
    "auto": "false",
    "count": Typed("3", 3),
    "models.0.name": "a",
    "models.1.name": "b",
}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ .path.path | dir | base }}", "fraud_api"),
        ('{{ .cluster.name | lower | trunc 2 }}-{{ index .path.segments 1 | replace "_" "-" }}', "eu-fraud-api"),
        ('{{ if eq .path.basename "prod" }}charts/big{{ else }}charts/small{{ end }}', "charts/big"),
        ("{{ if .gpu }}g{{ end }}{{ if .spot }}s{{ end }}", "g"),
        ('{{ if eq .auto "true" }}a{{ else }}{{ add .count 1 }}{{ end }}', "4"),
        ("{{ range .models }}{{ .name }},{{ end }}", "a,b,"),
        ('{{ printf "%s-%s" .path.basename .cluster.name | upper }}', "PROD-EU-1"),
        ('{{ splitList "/" .path.path | last }}', "prod"),
        ('{{ .cluster.name | normalize }} {{ slugify 3 "A B C" }}', "eu-1 a-b"),
        ('{{ ternary "x" "y" (hasPrefix "pr" .path.basename) }}', "x"),
        ('{{ join "/" (slice .path.segments 0 2) }}', "apps/fraud_api"),
        ("{{ .metadata.labels.env | lower | trunc 3 }}", None),
        ('{{ if eq .server "x" }}a{{ else }}b{{ end }}', None),
        ("{{ unheard .gpu }}", None),
        ("{{ if .gpu }}", None),
    ],
)
def test_texts_in_the_whole_language(text: str, made: str | None) -> None:
    language = GoHoles()
    assert language.text(text, KNOWN) == made
    assert filled_in([text], KNOWN, language.text) == [made if made is not None else text]
    if made is None and text.count("{{") == 1:
        assert filled(text, KNOWN, language.text) == "*"


def test_what_no_parameter_holds_is_not_there_where_all_are_known() -> None:
    text = '{{ if hasKey . "alias" }}a{{ end }}{{ default 6 .limit }}{{ default "x" .count }}'
    assert GoHoles(whole=True).text(text, KNOWN) == "63"
    assert GoHoles().text(text, KNOWN) is None
    assert GoHoles(whole=True).text("{{ .limit }}", KNOWN) is None
    assert dict(flat({"a": {"b": True, "c": [1, "1"]}})) == {"a.b": "true", "a.c.0": "1", "a.c.1": "1"}


def test_an_endless_text_is_given_up_once() -> None:
    language = GoHoles()
    endless = (
        '{{ define "a" }}{{ range until 99999 }}{{ range until 99999 }}{{ end }}{{ end }}{{ end }}{{ template "a" }}'
    )
    assert language.text(endless, KNOWN) is None
    assert "more than" in language.stopped
    assert language.text("{{ .gpu }}", KNOWN) is None


@pytest.mark.parametrize(
    ("patch", "made"),
    [
        ({"a": {"b": None, "c": 2}, "l": [3]}, {"a": {"c": 2}, "l": [3]}),
        ({"a": 1, "n": {"m": {"o": None, "p": 1}}}, {"a": 1, "l": [1, 2], "n": {"m": {"p": 1}}}),
        ({}, {"a": {"b": 1}, "l": [1, 2]}),
    ],
)
def test_merge_patches(patch: dict[str, Any], made: dict[str, Any]) -> None:
    assert merged({"a": {"b": 1}, "l": [1, 2]}, patch) == made


SET = """
apiVersion: argoproj.io/v1alpha1
kind: ApplicationSet
metadata: {name: models}
spec:
  goTemplate: true
  generators:
  - list: {elements: [{env: staging, chart: m}, {env: prod, chart: m}]}
  template:
    metadata: {name: 'm-{{ .env | trunc 4 }}'}
    spec:
      source:
        path: 'charts/{{ .chart | lower }}'
        helm: {parameters: [{name: tag, value: '1'}]}
  templatePatch: |
%s
"""
PATCH = """
    {{- if eq .env "prod" }}
    metadata: {name: live}
    spec:
      source:
        helm:
          parameters: [{name: tag, value: '2'}, {name: replicas, value: '{{ add 2 3 }}'}]
    {{- end }}
"""
CHART = {
    "charts/m/Chart.yaml": "apiVersion: v2\nname: m\nversion: 1.0.0\n",
    "charts/m/values.yaml": 'tag: "0"\nreplicas: 1\n',
    "charts/m/templates/d.yaml": (
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: m}\nspec:\n  replicas: {{ .Values.replicas }}\n"
        '  template: {spec: {containers: [{name: m, image: "acme/m:{{ .Values.tag }}"}]}}\n'
    ),
}


def read(root: Path, files: Mapping[str, str]) -> Reading:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    return reading.read(walk.discover(root).tree, 1)


def test_a_set_with_a_patch(tmp_path: Path) -> None:
    found = read(tmp_path, {"set.yaml": SET % PATCH, **CHART})
    told = [(one.name, one.get("folders")) for one in found.facts if one.kind == "application"]
    assert sorted(told) == [("live", ["charts/m"]), ("m-stag", ["charts/m"])]
    tags = {(str(one.get("environment")), one.get("tag")) for one in found.facts if one.kind == "image"}
    assert tags == {("None", "0"), ("m-stag", "1"), ("live", "2")}
    replicas = {one.get("environment"): one.get("replicas") for one in found.facts if one.kind == "workload"}
    assert replicas == {None: 1, "live": 5}
    graph = build(found.facts, ["set.yaml", *CHART])
    assert {edge.target for edge in graph.edges("applies")} == {"file:charts/m/Chart.yaml"}


@pytest.mark.parametrize(
    ("patch", "note"),
    [
        (
            "    spec: {project: '{{ .metadata.labels.team }}'}\n",
            "cannot be filled by what the repository tells: not applied",
        ),
        ("    spec: [\n", "is not readable as YAML"),
        ("    spec: null\n", "leaves no application"),
        ("    {{ range until 99999 }}{{ range until 99999 }}{{ end }}{{ end }}\n", "are not filled: more than"),
        (f"    # {'x' * 2000}\n", "longer than 2000 characters: not applied"),
    ],
)
def test_patches_that_cannot_be_made_out_cost_a_note(tmp_path: Path, patch: str, note: str) -> None:
    found = read(tmp_path, {"set.yaml": SET % patch, **CHART})
    assert any(note in one.reason and one.at.path == "set.yaml" for one in found.notes)
    assert "m-stag" in {one.name for one in found.facts if one.kind == "application"}
