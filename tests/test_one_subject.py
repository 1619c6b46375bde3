"""An object that is endpoint, pipeline or schedule and workload in one: one subject to a reader."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.cli import run
from mlops_scan.engine import scan
from mlops_scan.reports.inventory import inventory
from mlops_scan.scanner.config import Config

POD = "spec: {containers: [{name: main, image: 'acme/rank:1.0', command: [python, fit.py]}]}"
FLOW = "{entrypoint: main, templates: [{name: main, container: {image: 'acme/rank:1.0', command: [python, fit.py]}}]}"
KINDS = {
    "InferenceService": ("serving.kserve.io/v1beta1", "predictor: {containers: [{name: x, image: 'acme/rank:1.0'}]}"),
    "SeldonDeployment": (
        "machinelearning.seldon.io/v1",
        f"predictors: [{{name: p, graph: {{name: x}}, componentSpecs: [{{{POD}}}]}}]",
    ),
    "Service": ("serving.knative.dev/v1", f"template: {{{POD}}}"),
    "Workflow": ("argoproj.io/v1alpha1", FLOW[1:-1]),
}
CLOCKS = {
    "CronWorkflow": ("argoproj.io/v1alpha1", f"schedule: '0 2 * * *', workflowSpec: {FLOW}"),
    "ScheduledWorkflow": (
        "kubeflow.org/v1beta1",
        f"trigger: {{cronSchedule: {{cron: '0 0 2 * * *'}}}}, workflow: {{spec: {FLOW}}}",
    ),
}


def written(root: Path, kind: str) -> Path:
    version, spec = (KINDS | CLOCKS)[kind]
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: stars}}\nspec: {{{spec}}}\n"
    (root / "o.yaml").write_text(text)
    return root


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_drawn_once(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(written(tmp_path, kind))]) == 0
    drawn = capsys.readouterr().out
    assert drawn.count("stars") == 1
    assert f'["{kind}/stars"]' in drawn
    assert '"runs"' in drawn
    assert "selects" not in drawn


@pytest.mark.parametrize("kind", CLOCKS)
def test_a_clock_is_drawn_beside_what_it_starts(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(written(tmp_path, kind))]) == 0
    drawn = capsys.readouterr().out
    assert f'["{kind}/stars"]' in drawn
    assert drawn.count('"triggers"') == 1
    assert drawn.count('"runs"') == 1  # the image, and not the clock once more


@pytest.mark.parametrize("kind", CLOCKS)
def test_what_a_clock_starts_is_a_batch_system(kind: str, tmp_path: Path) -> None:
    (written(tmp_path, kind) / "fit.py").write_text(
        "import joblib\nfrom sklearn.linear_model import Ridge\njoblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
    )
    assert [one.kind for one in scan(tmp_path, Config(jobs=1)).systems] == ["batch"]


@pytest.mark.parametrize("kind", KINDS | CLOCKS)
def test_its_name_means_one_thing(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(written(tmp_path, kind)), "--why", "stars", "acme/rank"]) == 0
    told = capsys.readouterr()
    assert told.err == ""
    assert len(told.out.splitlines()) == 1
    assert told.out.split()[1:] == [f"o.yaml#{kind}/stars", "runs", "acme/rank"]


def test_the_table_says_what_it_runs(tmp_path: Path) -> None:
    rows, _ = inventory(scan(written(tmp_path, "InferenceService"), Config(jobs=1)))
    assert [(row.kind, row.name, row.leads) for row in rows] == [
        ("endpoint", "InferenceService/stars", "runs acme/rank")
    ]
