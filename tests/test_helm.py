"""Helm charts: values and dependencies as Helm merges them, facts at the lines that say them, and tolerance."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

from mlops_scan.scanner import bounds
from mlops_scan.scanner.files import SourceFile, Tree
from mlops_scan.scanner.formats.charts.chart import load
from mlops_scan.scanner.formats.charts.dependencies import fits
from mlops_scan.scanner.formats.charts.render import Renderer
from mlops_scan.scanner.formats.gotemplate.values import Values
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.helm import HelmCharts

CHART = "apiVersion: v2\nname: app\nversion: 1.2.3\nappVersion: '4.5'\n"
DEPLOYMENT = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  template:
    spec:
      containers:
        - name: {{ .Chart.Name }}
          image: "{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"
          resources:
            {{- toYaml .Values.resources | nindent 12 }}
"""
VALUES = """\
replicas: 1
image:
  repository: reg/app
  tag: latest
resources:
  limits:
    cpu: 1
"""


def tree_of(root: Path, files: Mapping[str, str]) -> Tree:
    for path, text in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(textwrap.dedent(text), encoding="utf-8")
    return Tree(root, [SourceFile(root, path, len(text)) for path, text in files.items()])


def read(root: Path, files: Mapping[str, str], anchor: str = "Chart.yaml") -> tuple[list[Fact], list[Note]]:
    tree = tree_of(root, files)
    source = tree.get(anchor)
    assert source is not None and HelmCharts().reads(source, tree)
    items = list(HelmCharts().parse(source, tree))
    return [one for one in items if isinstance(one, Fact)], [one for one in items if isinstance(one, Note)]


def rendered(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    tree = tree_of(root, files)
    chart = load(tree, "")
    assert chart is not None
    outputs = Renderer(tree, chart).render(Values()).outputs
    return {output.name: output.writer.text().strip() for output in outputs if output.writer.text().strip()}


def of(facts: list[Fact], kind: str) -> list[Fact]:
    return [fact for fact in facts if fact.kind == kind]


def test_facts_stand_at_the_template_and_at_the_values_that_say_it(tmp_path: Path) -> None:
    files = {"Chart.yaml": CHART, "values.yaml": VALUES, "templates/deployment.yaml": DEPLOYMENT}
    facts, notes = read(tmp_path, files)
    image, container, workload = (of(facts, kind)[0] for kind in ("image", "container", "workload"))
    assert not notes
    assert (image.name, image.get("tag"), str(image.at)) == ("reg/app", "latest", "templates/deployment.yaml:11")
    assert [(str(place.at), place.note) for place in image.also] == [
        ("values.yaml:4", "value 'image.tag'"),
        ("values.yaml:3", "value 'image.repository'"),
    ]
    assert container.get("limits") == {"cpu": "1"} and container.at.line == 10
    assert (workload.get("replicas"), workload.get("origin"), workload.get("chart")) == (1, "helm", "app")
    assert [place.note for place in workload.also] == ["value 'replicas'"]
    assert "environment" not in workload.says and "state" not in workload.says


def test_a_tag_that_no_value_says_is_told_at_the_template(tmp_path: Path) -> None:
    template = DEPLOYMENT.replace("{{ .Values.image.tag | default .Chart.AppVersion }}", "latest")
    facts, _ = read(tmp_path, {"Chart.yaml": CHART, "values.yaml": VALUES, "templates/d.yaml": template})
    assert of(facts, "image")[0].also == ()
    whole = DEPLOYMENT.replace(":{{ .Values.image.tag | default .Chart.AppVersion }}", "")
    facts, _ = read(tmp_path / "b", {"Chart.yaml": CHART, "values.yaml": VALUES, "templates/d.yaml": whole})
    assert [place.note for place in of(facts, "image")[0].also] == ["value 'image.repository'"]


def test_helper_lines_and_values_through_include(tmp_path: Path) -> None:
    helper = (
        '{{- define "img" -}}\n{{- $tag := .image.tag | toString -}}\n{{ .image.repository }}:{{ $tag }}\n{{- end -}}\n'
    )
    template = DEPLOYMENT.replace(
        '"{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}"',
        '{{ include "img" (dict "image" .Values.image) }}',
    )
    files = {
        "Chart.yaml": CHART,
        "values.yaml": VALUES,
        "templates/d.yaml": template,
        "templates/_h.tpl": helper,
    }
    facts, _ = read(tmp_path, files)
    image = of(facts, "image")[0]
    assert (str(image.at), image.also[0].at.line) == ("templates/d.yaml:11", 4)


def test_overlays_tell_only_what_they_change(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "values.yaml": VALUES,
        "values-prod.yaml": "image:\n  tag: v2\n",
        "same-values.yaml": "replicas: 1\n",
        "ci/test-values.yaml": "image: {tag: ci}\n",
        "templates/deployment.yaml": DEPLOYMENT,
        "templates/service.yaml": "apiVersion: v1\nkind: Service\nmetadata: {name: app}\n",
    }
    facts, _ = read(tmp_path, files)
    assert of(facts, "chart")[0].get("overlays") == ["same-values.yaml", "values-prod.yaml"]
    changed = [fact for fact in facts if fact.get("environment")]
    assert {fact.get("environment") for fact in changed} == {"values-prod.yaml"}
    assert {fact.kind for fact in changed} == {"resource", "container", "image"}
    image = of(changed, "image")[0]
    assert (image.get("tag"), str(image.also[0].at)) == ("v2", "values-prod.yaml:2")
    assert image.get("owner") == of(facts, "workload")[0].get("id")


def test_what_a_value_switches_off_is_disabled(tmp_path: Path) -> None:
    scaler = """\
    # Copyright
    {{- if .Values.autoscaling.enabled }}
    apiVersion: autoscaling/v2
    kind: HorizontalPodAutoscaler
    metadata:
      name: {{ .Release.Name }}
    {{- if .Values.autoscaling.note }}
      annotations: {note: x}
    {{- end }}
    {{- end }}
    """
    values = VALUES + "autoscaling:\n  enabled: false\n"
    files = {"Chart.yaml": CHART, "values.yaml": values, "templates/d.yaml": DEPLOYMENT, "templates/hpa.yaml": scaler}
    facts, _ = read(tmp_path, files)
    off = [fact for fact in facts if fact.get("state") == "disabled"]
    assert [(fact.kind, fact.name, fact.get("annotations")) for fact in off] == [("resource", "app", None)]
    assert off[0].at.line == 3


def test_required_and_broken_templates_cost_themselves(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "values.yaml": VALUES,
        "templates/a.yaml": DEPLOYMENT.replace("{{ .Values.replicas }}", '{{ required "give replicas" .Values.none }}'),
        "templates/b.yaml": "{{ if }}",
        "templates/c.yaml": "apiVersion: v1\nkind: Service\nmetadata: [\n",
        "templates/NOTES.txt": '{{ fail "never" }}',
        "templates/d.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n",
    }
    facts, notes = read(tmp_path, files)
    assert {fact.name for fact in of(facts, "resource")} == {"app", "c"}
    assert sorted((note.at.path, note.at.line) for note in notes)[:2] == [
        ("templates/a.yaml", 6),
        ("templates/b.yaml", 1),
    ]
    assert len(notes) == 3


def test_an_image_with_a_gap_is_unresolved_and_one_without_a_name_is_none(tmp_path: Path) -> None:
    template = DEPLOYMENT.replace("{{ .Values.image.tag | default .Chart.AppVersion }}", '{{ include "no.tag" . }}')
    nameless = template.replace("{{ .Values.image.repository }}", '{{ include "no.tag" . }}')
    files = {"Chart.yaml": CHART, "values.yaml": VALUES, "templates/a.yaml": template, "templates/b.yaml": nameless}
    facts, notes = read(tmp_path, files)
    assert [(fact.name, fact.get("unresolved")) for fact in of(facts, "image")] == [("reg/app", True)]
    assert [note.reason for note in notes] == ["template 'no.tag' is not in the chart: it counts as empty"]


def test_dependencies_aliases_conditions_tags_globals_and_imports(tmp_path: Path) -> None:
    sub = "v: {{ .Values.v }} g: {{ .Values.global.g }} n: {{ .Chart.Name }} p: {{ .Template.Name }}\n"
    parent = 'up: {{ .Values.brought }} deep: {{ .Values.one.v }} off: {{ hasKey .Values "off" }}\n'
    files = {
        "Chart.yaml": CHART
        + """\
dependencies:
  - {name: sub, version: 1.x.x, alias: one, import-values: [data]}
  - {name: sub, version: ">=1.0.0", alias: two, condition: "missing.enabled,two.enabled"}
  - {name: tagged, version: "*", tags: [extra]}
  - {name: tagged, version: "*", alias: forced, tags: [extra], condition: forced.enabled}
  - {name: off, version: 1.0.0, condition: off.enabled}
""",
        "values.yaml": "one: {v: 7, gone: null}\nglobal: {g: 9}\ntags: {extra: false}\nforced: {enabled: true}\n",
        "templates/p.yaml": parent,
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.1\n",
        "charts/sub/values.yaml": "v: 1\ngone: 2\nenabled: true\nexports: {data: {brought: 5}}\nglobal: {g: 1}\n",
        "charts/sub/templates/s.yaml": sub + 'gone: {{ hasKey .Values "gone" }}\n',
        "charts/tagged/Chart.yaml": "apiVersion: v2\nname: tagged\nversion: 0.1.0\n",
        "charts/tagged/templates/t.yaml": "t: {{ .Chart.Name }}\n",
        "charts/off/Chart.yaml": "apiVersion: v2\nname: off\nversion: 1.0.0\n",
        "charts/off/values.yaml": "enabled: false\n",
        "charts/off/templates/o.yaml": "o: 1\n",
        "charts/packed-1.0.0.tgz": "",
    }
    assert rendered(tmp_path, files) == {
        "app/charts/one/templates/s.yaml": "v: 7 g: 9 n: one p: app/charts/one/templates/s.yaml\ngone: false",
        "app/charts/two/templates/s.yaml": "v: 1 g: 9 n: two p: app/charts/two/templates/s.yaml\ngone: true",
        "app/charts/forced/templates/t.yaml": "t: forced",
        "app/templates/p.yaml": "up: 5 deep: 7 off: false",
    }


def test_parents_define_over_their_sub_charts_and_files_stay_inside(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "templates/_a.tpl": '{{ define "n" }}parent{{ end }}',
        "templates/x.yaml": '{{ .Files.Get "conf/a.txt" }}{{ .Files.Get "../secret.txt" }}'
        '{{ (.Files.Glob "conf/*").AsConfig }}',
        "templates/y.yaml": '{{ include (print $.Template.BasePath "/x.yaml") . | sha256sum | trunc 2 | len }}',
        "conf/a.txt": "A",
        "charts/lib/Chart.yaml": "apiVersion: v2\nname: lib\nversion: 1.0.0\ntype: library\n",
        "charts/lib/templates/_l.tpl": '{{ define "n" }}sub{{ end }}{{ define "m" }}lib{{ end }}',
        "charts/lib/templates/no.yaml": "never: true",
        "templates/z.yaml": 'n: {{ include "n" . }}{{ include "m" . }}',
    }
    (tmp_path.parent / "secret.txt").write_text("secret", encoding="utf-8")
    assert rendered(tmp_path, files) == {
        "app/templates/x.yaml": "Aa.txt: A",
        "app/templates/y.yaml": "2",
        "app/templates/z.yaml": "n: parentlib",
    }


def test_local_dependencies_count_where_they_stand(tmp_path: Path) -> None:
    dependency = "dependencies:\n  - {name: part, version: 1.0.0, repository: 'file://../part'}\n"
    files = {
        "app/Chart.yaml": CHART + dependency + "  - {name: away, version: 1.0.0, repository: 'https://example.org'}\n",
        "app/values.yaml": "away:\n  image:\n    repository: reg/away\n    tag: latest\n",
        "same/Chart.yaml": CHART.replace("app", "same") + dependency,
        "part/Chart.yaml": "apiVersion: v2\nname: part\nversion: 1.0.0\n",
        "part/values.yaml": VALUES,
        "part/templates/d.yaml": DEPLOYMENT.replace("name: {{ .Release.Name }}", "name: {{ .Release.Name }}-part"),
    }
    facts, notes = read(tmp_path, files, "same/Chart.yaml")
    assert [fact.kind for fact in facts] == ["chart"] and not notes
    facts, notes = read(tmp_path, files, "app/Chart.yaml")
    assert [note.at.line for note in notes] == [7]
    (handed,) = of(facts, "image")
    assert (str(handed.at), str(handed.also[0].at)) == ("app/values.yaml:3", "app/values.yaml:4")
    files["app/values.yaml"] = "part: {replicas: 4}\n"
    facts, _ = read(tmp_path / "b", files, "app/Chart.yaml")
    (workload,) = of(facts, "workload")
    assert (workload.get("environment"), workload.get("replicas")) == ("app/values.yaml", 4)
    own, _ = read(tmp_path / "c", files, "part/Chart.yaml")
    assert of(own, "workload")[0].get("replicas") == 1


def test_vendored_charts_are_told_with_their_parent(tmp_path: Path) -> None:
    files = {
        "Chart.yaml": CHART,
        "charts/sub/Chart.yaml": "apiVersion: v2\nname: sub\nversion: 1.0.0\n",
        "charts/sub/values.yaml": VALUES,
        "charts/sub/templates/d.yaml": DEPLOYMENT,
    }
    own, _ = read(tmp_path, files, "charts/sub/Chart.yaml")
    assert [fact.kind for fact in own] == ["chart"]
    facts, _ = read(tmp_path, files)
    assert [fact.get("chart") for fact in of(facts, "workload")] == ["sub"]


def test_versions_of_dependencies() -> None:
    assert fits("", "1.0.0") and fits("0-latest", "0-latest") and fits("2.x.x", "2.31.0") and fits("^1.2", "1.9.0")
    assert not fits("2.x.x", "1.0.0") and not fits("nonsense", "1.0.0")


def test_odd_charts_yield_notes_not_errors(tmp_path: Path) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"b{n}: &b{n} [*{'a' if not n else f'b{n - 1}'}, *a]\n" for n in range(40))
    odd = {
        "binary": {"Chart.yaml": "\x00\x01"},
        "list": {"Chart.yaml": "- a\n"},
        "self": {"Chart.yaml": CHART + "dependencies: [{name: app, repository: 'file://.'}]\n"},
        "outside": {"Chart.yaml": CHART + "dependencies: [{name: x, repository: 'file://../../../etc'}]\n"},
        "values": {"Chart.yaml": CHART, "values.yaml": "a: [", "templates/a.yaml": "{{ .Values.a }}"},
        "scalar": {"Chart.yaml": CHART, "values.yaml": "just text", "templates/a.yaml": "{{ .Values.a.b }}"},
        "bomb": {"Chart.yaml": CHART, "values.yaml": bomb, "templates/a.yaml": "{{ toYaml .Values }}"},
        "deep": {"Chart.yaml": CHART, "values.yaml": "a: " + "[" * 5000, "templates/a.yaml": "x"},
        "dependency": {"Chart.yaml": CHART + "dependencies: {name: [x]}\nmaintainers: 3\n"},
        "many": {
            "Chart.yaml": CHART,
            "templates/a.yaml": "{{ range until 9999 }}---\napiVersion: v1\nkind: A\nb: {{ . }}\n{{ end }}",
        },
    }
    for name, files in odd.items():
        facts, notes = read(tmp_path / name, files)
        assert facts or notes, name
        assert len(facts) <= bounds.CHART_DOCUMENTS + 1
