"""What a reviewer found: each case was wrong once."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan.engine import scan
from mlops_scan.rules.advice.base import table
from mlops_scan.rules.advice.serving_stack import Situation, holds
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.result import Result

TRAIN = "from sklearn.linear_model import Ridge\n\nRidge().fit([[0.0]], [0.0])\n"


def scanned(root: Path, files: dict[str, str | bytes], *rules: str) -> Result:
    for name, text in files.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text if isinstance(text, bytes) else text.encode())
    return scan(root, Config(select=rules, jobs=1))


def test_a_web_application_that_unpickles_its_session_is_no_ml_system(tmp_path: Path) -> None:
    app = (
        "import pickle\nfrom flask import Flask\n\napp = Flask(__name__)\n\n\n@app.route('/')\ndef index():\n"
        "    with open('session.pkl', 'rb') as file:\n        return pickle.load(file)['user']\n"
    )
    result = scanned(tmp_path, {"app.py": app, "requirements.txt": "flask==3.1.0\n"})
    assert not result.profile.is_ml
    assert not result.findings


def test_a_pickled_model_behind_a_route_is_one(tmp_path: Path) -> None:
    app = (
        "import pickle\nfrom flask import Flask\n\napp = Flask(__name__)\n"
        "model = pickle.load(open('model.pkl', 'rb'))\n\n\n"
        "@app.route('/')\ndef index():\n    return str(model.predict([[1.0]]))\n"
    )
    assert scanned(tmp_path, {"app.py": app}).profile.serves_model == "online"


def test_every_lock_of_a_folder_counts(tmp_path: Path) -> None:
    lock = 'version = 1\n\n[[package]]\nname = "scikit-learn"\nversion = "1.5.2"\n'
    project = '[project]\nname = "x"\nversion = "1"\ndependencies = ["scikit-learn"]\n'
    files = {"train.py": TRAIN, "pyproject.toml": project, "uv.lock": lock, "package-lock.json": "{}\n"}
    assert not scanned(tmp_path, dict(files), "unlocked-dependencies", "unpinned-dependency").findings


@pytest.mark.parametrize("path", ["s3:/bucket/model.pkl", "runs:/abc/model", "dbfs:/models/churn.pkl", "BAAI/bge-m3"])
def test_addresses_are_no_paths(tmp_path: Path, path: str) -> None:
    app = (
        f"import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('{path}')\n\n\n"
        "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    )
    assert not scanned(tmp_path, {"app.py": app}, "hardcoded-local-model-path").findings


@pytest.mark.parametrize("name", ["requirements.txt", "environment.yml", "Dockerfile", "main.tf", "k8s/deploy.yaml"])
def test_a_binary_file_with_the_name_of_a_text_is_told(tmp_path: Path, name: str) -> None:
    result = scanned(tmp_path, {name: bytes(range(256)) * 8})
    told = {one.path for one in result.coverage.skipped} | {note.at.path for note in result.coverage.unreadable}
    assert told == {name}


@pytest.mark.parametrize("name", ["bentofile.yaml", "MLproject", "main.tf", "dvc.yaml"])
def test_the_name_of_an_unreadable_file_proves_nothing(tmp_path: Path, name: str) -> None:
    result = scanned(tmp_path, {name: bytes(range(256)) * 8})
    assert not result.capabilities
    assert not result.profile.is_ml


def situation(**known: object) -> Situation:
    blank: dict[str, object] = {
        "kinds": frozenset(),
        "serves": "online",
        "parameters": None,
        "kubernetes": False,
        "clouds": frozenset(),
        "tool_status": frozenset(),
        "hosted_only": False,
        "models": 1,
        "because": (),
    }
    return Situation(**{**blank, **known})  # type: ignore[arg-type]


RAY = "from ray import serve\nfrom transformers import pipeline\n"
RAY += "@serve.deployment\nclass Moods:\n    def __init__(self):\n        self.ask = pipeline('text-classification')\n"
WEB = "from fastapi import FastAPI\nfrom transformers import pipeline\napp = FastAPI()\nask = pipeline('fill-mask')\n"
ROUTE = "@app.post('/ask')\ndef answer(text: str):\n    return ask(text)\n"


@pytest.mark.parametrize(
    ("code", "kept"),
    [(RAY + "graph = Moods.bind()\n", True), (WEB + ROUTE, False)],
)
def test_a_maintained_server_of_models_is_kept(code: str, kept: bool, tmp_path: Path) -> None:
    result = scanned(tmp_path, {"app.py": code})
    (found,) = [one for one in result.recommendations if one.topic == "serving-stack"]
    assert found.choice.startswith("keep ") is kept
    assert not kept or (found.alternatives[0]["choice"] and found.because[0].at.path == "app.py")


@pytest.mark.parametrize(
    ("known", "row"),
    [
        ({"tool_status": frozenset({"eol"}), "kinds": frozenset({"llm"})}, "end-of-life-server"),
        ({"hosted_only": True, "kinds": frozenset({"llm"})}, "hosted-llm"),
        ({"kinds": frozenset({"llm"})}, "llm"),
        ({"kinds": frozenset({"llm"}), "parameters": 8.0}, "llm"),
        ({"kinds": frozenset({"llm"}), "parameters": 70.0}, "llm-large"),
        ({"kinds": frozenset({"llm"}), "parameters": 405.0}, "llm-multi-node"),
        ({"kinds": frozenset({"embedding"})}, "embedding"),
        ({"kinds": frozenset({"vision"}), "kubernetes": True}, "deep-on-kubernetes"),
        ({"kinds": frozenset({"vision"})}, "deep"),
        ({"kinds": frozenset({"classical"}), "kubernetes": True, "models": 3}, "many-models-on-kubernetes"),
        ({"kinds": frozenset({"classical"}), "serves": "batch"}, "classical-batch"),
        ({"kinds": frozenset({"classical"}), "clouds": frozenset({"aws"})}, "classical-serverless"),
        ({"kinds": frozenset({"classical"}), "kubernetes": True}, "classical"),
        ({}, "any"),
    ],
)
def test_the_serving_table_chooses_by_the_situation(known: dict[str, object], row: str) -> None:
    now = situation(**known)
    chosen = next(one for one in table("serving_stack")["rows"] if holds(one["when"], now))
    assert chosen["id"] == row
    assert chosen["runner_up"]["choice"]
    assert chosen["runner_up"]["why_not"]
    assert 3 <= len(chosen["why"]) <= 5


SERVED = {
    "train.py": (
        "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
        "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"
    ),
    "app.py": (
        "import joblib\nfrom fastapi import FastAPI\n\napp = FastAPI()\nmodel = joblib.load('m.joblib')\n\n\n"
        "@app.post('/predict')\ndef predict(x: float) -> float:\n    return model.predict([[x]])[0]\n"
    ),
}
DRIFT = (
    "from evidently import Report\nfrom evidently.presets import DataDriftPreset\n\n"
    "Report([DataDriftPreset()]).run(1, 2)\n"
)
SCHEDULE = (
    "on:\n  schedule:\n    - cron: '0 3 * * 1'\n"
    "jobs:\n  retrain:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: python train.py\n"
)
EVENT = SCHEDULE.replace("  schedule:\n    - cron: '0 3 * * 1'\n", "  repository_dispatch:\n    types: [new-data]\n")


@pytest.mark.parametrize(
    ("more", "choice"),
    [
        ({}, "a weekly schedule"),
        ({"drift.py": DRIFT}, "the drift alert starts"),
        ({".github/workflows/retrain.yml": SCHEDULE}, "keep the schedule"),
        ({"drift.py": DRIFT, ".github/workflows/retrain.yml": SCHEDULE}, "a drift alert, a schedule"),
        ({".github/workflows/retrain.yml": EVENT}, "keep the event, and add a schedule"),
        ({".github/workflows/a.yml": EVENT, ".github/workflows/b.yml": SCHEDULE}, "keep the schedule"),
    ],
)
def test_the_retraining_table_chooses_by_what_is_there(tmp_path: Path, more: dict[str, str], choice: str) -> None:
    result = scanned(tmp_path, {**SERVED, **more})
    (found,) = [one for one in result.recommendations if one.topic == "retraining-trigger"]
    assert found.choice.startswith(choice)
    assert found.because
    assert found.alternatives
    assert found.assumptions


def test_one_credential_under_a_name_and_in_its_form_is_one_finding(tmp_path: Path) -> None:
    token = "gh" + "p_" + "bK7wQ2xZ9mR4tY6vN1cP8sD3fG5hJ0lA7eU2"
    other = "Zx9" + "vQ2mK7wR4tY6bN1cP8s"
    text = "apiVersion: v1\nkind: Secret\nmetadata: {name: p}\nstringData: {GITHUB_TOKEN: %s, DB_PASSWORD: %s}\n"
    result = scanned(tmp_path, {**SERVED, "k8s/secret.yaml": text % (token, other)})
    found = [one.message for one in result.findings if one.rule == "plaintext-secret"]
    assert len([one for one in found if "ghp_" in one]) == 1
    assert len(found) == 2  # the other value of the line is a credential of its own


def test_a_reason_is_told_once(tmp_path: Path) -> None:
    text = (
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: x}\n"
        "spec: {predictor: {minReplicas: 2, model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m'}}}\n"
    )
    result = scanned(tmp_path, {"k.yaml": text, "train.py": SERVED["train.py"]})
    for one in result.recommendations:
        assert len(set(one.because)) == len(one.because)
