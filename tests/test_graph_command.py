"""`mlops-scan graph`: exports that other programs read, and the chain between two subjects."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from mlops_scan.cli import run

FILES = {
    "train.py": (
        "import joblib\nfrom sklearn.linear_model import Ridge\n"
        "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'model.joblib')\n"
    ),
    "app.py": (
        "import joblib\nfrom fastapi import FastAPI\napp = FastAPI()\nmodel = joblib.load('model.joblib')\n"
        "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    ),
    "Dockerfile": 'FROM python:3.12-slim\nCOPY app.py .\nCMD ["python", "app.py"]\n',
    "compose.yaml": "services:\n  api:\n    build: .\n",
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return tmp_path


def test_why_prints_each_link_with_its_line(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--why", "train.py", "api"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "train.py:3      train.py  writes  model.joblib",
        "app.py:4        app.py  reads  model.joblib",
        "Dockerfile:2    Dockerfile#0  copies  app.py",
        "compose.yaml:2  compose.yaml#service/api  builds  Dockerfile#0",
    ]


def test_why_names_every_unknown_subject_at_once(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--why", "nothing", "nobody"]) == 2
    told = capsys.readouterr().err
    assert "no subject is called 'nothing'" in told
    assert "no subject is called 'nobody'" in told


def test_why_says_when_nothing_links(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / "alone.py").write_text("import json_lines\n")
    assert run(["graph", str(repository), "--why", "alone.py", "api"]) == 1
    assert "nothing links" in capsys.readouterr().err


def test_exports_hold_the_same_links(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--format", "json"]) == 0
    links = json.loads(capsys.readouterr().out)["links"]
    assert {
        "source": "file:train.py",
        "target": "model:model.joblib",
        "relation": "writes",
        "path": "train.py",
        "line": 3,
    } in links
    assert run(["graph", str(repository), "--format", "graphml"]) == 0
    edges = ET.fromstring(capsys.readouterr().out).iter("{http://graphml.graphdrawing.org/xmlns}edge")
    assert len(list(edges)) == len(links)
    assert run(["graph", str(repository), "--format", "dot", "--full"]) == 0
    assert capsys.readouterr().out.count(" -> ") == len(links)


def test_mermaid_shows_what_runs_and_not_what_imports(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository)]) == 0
    chart = capsys.readouterr().out
    assert chart.startswith("flowchart LR\n")
    assert '"reads"' in chart
    assert "imports" not in chart


def test_unknown_format_is_told(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["graph", str(repository), "--format", "mermade"]) == 2
    assert "did you mean 'mermaid'" in capsys.readouterr().err
