"""Rules, receivers, scrape jobs and Grafana's files as facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.scanner import files
from mlops_scan.scanner.model import Fact, Note
from mlops_scan.scanner.parsers.prometheus import PrometheusFamily


def read(root: Path, name: str, text: str) -> list[Fact | Note]:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text)
    tree, parser = files.Tree(root, files.walk(root)), PrometheusFamily()
    source = tree.get(name)
    assert source is not None
    return list(parser.parse(source, tree)) if parser.reads(source, tree) else []


def said(items: list[Fact | Note], kind: str, *keys: str) -> list[tuple[object, ...]]:
    return [
        (item.name, item.at.line, *(item.get(key) for key in keys))
        for item in items
        if isinstance(item, Fact) and item.kind == kind
    ]


def test_alerts_and_records(tmp_path: Path) -> None:
    text = """\
groups:
  - name: model
    rules:
      - alert: HighLatency
        expr: histogram_quantile(0.99, rate(latency_bucket[5m])) > 1
        labels: {severity: page}
        annotations: {summary: "{{ $labels.pod }} is slow"}
      - record: job:x
        expr: sum(x)
      - alert: Unfinished
  - rules: null
"""
    assert said(read(tmp_path, "rules.yml", text), "alert", "type", "where", "labels") == [
        ("HighLatency", 4, "alert", "file", {"severity": "page"}),
        ("job:x", 8, "record", "file", {}),
    ]


def test_receivers_and_those_that_tell_nobody(tmp_path: Path) -> None:
    text = """\
route: {receiver: team}
receivers:
  - name: nobody
  - name: blank
    slack_configs: []
  - name: team
    slack_configs: [{channel: '#a'}]
    webhook_configs:
      - url: http://x
"""
    assert said(read(tmp_path, "alertmanager.yml", text), "receiver", "configs", "empty") == [
        ("nobody", 3, [], True),
        ("blank", 4, [], True),
        ("team", 6, ["slack_configs", "webhook_configs"], False),
    ]


def test_receivers_of_another_tool_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, "otel.yaml", "receivers: {otlp: {protocols: {}}}\nservice: {}\n") == []


def test_scrape_jobs(tmp_path: Path) -> None:
    text = "global: {}\nscrape_configs:\n"
    text += "  - job_name: api\n    static_configs: [{targets: ['api:80', 'b:1']}]\n  - job_name: k\n"
    assert said(read(tmp_path, "prometheus.yml", text), "scrape", "targets") == [
        ("api", 3, ["api:80", "b:1"]),
        ("k", 5, []),
    ]


def test_grafana_provisioning(tmp_path: Path) -> None:
    rules = """\
apiVersion: 1
groups:
  - orgId: 1
    rules:
      - title: Drift
        condition: C
        data:
          - refId: A
            model: {expr: drift_score > 0.2}
contactPoints:
  - name: mail
    receivers: [{type: email}]
datasources:
  - {name: p, type: prometheus}
"""
    items = read(tmp_path, "provisioning/alerting/a.yaml", rules)
    assert said(items, "alert", "expr", "type") == [("Drift", 5, "drift_score > 0.2", "alert")]
    assert said(items, "receiver", "configs", "empty") == [("mail", 11, ["email"], False)]
    assert said(items, "setting", "value") == [("datasources.type", 14, "prometheus")]


def test_dashboards_and_the_alerts_in_them(tmp_path: Path) -> None:
    text = """{"title": "Serving", "schemaVersion": 36, "panels": [
  {"targets": [{"expr": "rate(errors[5m])"}], "alert": {"name": "Errors"}}, {"type": "row"}]}"""
    items = read(tmp_path, "board.json", text)
    assert said(items, "setting", "value", "file_format") == [("dashboard", 1, "Serving", "grafana")]
    assert said(items, "alert", "expr", "where") == [("Errors", 2, "rate(errors[5m])", "dashboard")]


@pytest.mark.parametrize(
    "text",
    [
        "groups: rules\nrules: groups\n",
        "groups: [1, {rules: [x, {alert: [a], expr: 1}, {alert: a, expr: [1]}]}]\nrules:\n",
        "receivers: [1, {name: [x]}, {slack_configs: {a: b}}]\nroute: x\n",
        "scrape_configs: [1, {static_configs: 5}, {static_configs: [{targets: {a: b}}]}]\n",
        "groups:\n rules: [\n",
    ],
)
def test_odd_files_raise_nothing(tmp_path: Path, text: str) -> None:
    for item in read(tmp_path, "a.yml", text):
        assert isinstance(item, Fact)


def test_an_operators_object_is_left_to_its_own_parser(tmp_path: Path) -> None:
    text = "kind: PrometheusRule\nmetadata: {name: x}\ngroups:\n  - rules: [{alert: a, expr: b}]\nrules: x\n"
    assert read(tmp_path, "a.yaml", text) == []
