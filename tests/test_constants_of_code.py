"""Constants that stand in another file than the call that they reach."""

from __future__ import annotations

from typing import Any

import pytest

from mlops_scan.scanner.graph import Deliveries
from mlops_scan.scanner.model import Status
from tests.conftest import Understand

LOAD = "from transformers import AutoModel\n"


def model(understand: Understand, files: dict[str, str]) -> tuple[Any, str]:
    """(constant, place) of what the first call loads from a hub."""
    made = understand(files)
    (use,) = made.uses("loads-hub-model")
    value = use.argument("id")
    return (value.get("const"), value.get("told", "")) if isinstance(value, dict) else (value, "")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        (
            {
                "app/config.py": "MODEL = 'org/name'\n",
                "app/main.py": f"{LOAD}from app.config import MODEL\nAutoModel.from_pretrained(MODEL)\n",
            },
            "app/config.py:1",
        ),
        (
            {
                "app/config.py": "import os\nBASE = 'org'\nMODEL = f'{BASE}/name'\n",
                "app/__init__.py": "from .config import *\n",
                "app/main.py": f"{LOAD}from app import MODEL\nAutoModel.from_pretrained(MODEL)\n",
            },
            "app/config.py:3",
        ),
        (
            {
                "app/config.py": "from pydantic_settings import BaseSettings\nclass Base(BaseSettings):\n"
                "    model_id: str = 'org/name'\nclass Settings(Base):\n    port: int = 80\nsettings = Settings()\n",
                "app/main.py": f"{LOAD}from app.config import settings\nAutoModel.from_pretrained(settings.model_id)\n",
            },
            "app/config.py:3",
        ),
        (
            {
                "app/config.py": "from pydantic import Field\nfrom pydantic_settings import BaseSettings\n"
                "class Settings(BaseSettings):\n    model_id: str = Field('org/name', alias='M')\n"
                "def get_settings() -> Settings:\n    return Settings()\n",
                "app/main.py": f"{LOAD}from app.config import get_settings\nsettings = get_settings()\n"
                "AutoModel.from_pretrained(settings.model_id)\n",
            },
            "app/config.py:3",
        ),
        (
            {
                "config.py": "from dataclasses import dataclass\n@dataclass\nclass Options:\n"
                "    model: str = 'org/name'\n",
                "main.py": f"{LOAD}from config import Options\ndef load(options: Options):\n"
                "    AutoModel.from_pretrained(options.model)\n",
            },
            "config.py:4",
        ),
        (
            {
                "config.py": "CONFIG = {'model': {'id': 'org/name'}}\n",
                "main.py": f"{LOAD}from config import CONFIG\nAutoModel.from_pretrained(CONFIG['model']['id'])\n",
            },
            "config.py:1",
        ),
        (
            {
                "params.yaml": "train:\n  seed: 1\nmodel:\n  id: org/name\n",
                "main.py": f"import yaml\n{LOAD}with open('params.yaml') as f:\n    params = yaml.safe_load(f)\n"
                "AutoModel.from_pretrained(params['model']['id'])\n",
            },
            "params.yaml:4",
        ),
        (
            {
                "conf/settings.toml": "[model]\nid = 'org/name'\n",
                "main.py": f"import tomllib\n{LOAD}model = tomllib.load(open('conf/settings.toml', 'rb'))['model']\n"
                "AutoModel.from_pretrained(model.get('id', 'x'))\n",
            },
            "conf/settings.toml:2",
        ),
        (
            {
                "config/config.json": '{"id": "org/name"}\n',
                "main.py": f"import json\n{LOAD}def read(path='config/config.json'):\n    with open(path) as f:\n"
                "        return json.load(f)\nAutoModel.from_pretrained(read()['id'])\n",
            },
            "config/config.json:1",
        ),
        (
            {
                "conf/config.yaml": "model:\n  id: org/name\n",
                "main.py": f"from omegaconf import OmegaConf\n{LOAD}cfg = OmegaConf.load('conf/config.yaml')\n"
                "AutoModel.from_pretrained(cfg.model.id)\n",
            },
            "conf/config.yaml:2",
        ),
        (
            {
                "conf/config.yaml": "defaults:\n  - model: small\n  - _self_\nseed: 1\n",
                "conf/model/small.yaml": "id: org/name\n",
                "src/train.py": f"import hydra\n{LOAD}@hydra.main(config_path='../conf', config_name='config')\n"
                "def main(cfg):\n    AutoModel.from_pretrained(cfg.model.id)\n",
            },
            "conf/model/small.yaml:1",
        ),
        (
            {
                "conf/config.yaml": "model:\n  id: org/name\n",
                "train.py": "import hydra\nfrom models import load\n"
                "@hydra.main(config_path='conf', config_name='config.yaml')\ndef main(cfg):\n    load(cfg)\n",
                "models.py": f"{LOAD}def load(cfg):\n    AutoModel.from_pretrained(cfg.model.id)\n",
            },
            "conf/config.yaml:2",
        ),
    ],
    ids=[
        *("module", "package", "settings", "function", "dataclass", "dict", "yaml", "toml", "json", "omegaconf"),
        *("hydra", "handed-on"),
    ],
)
def test_a_constant_of_another_file(understand: Understand, files: dict[str, str], place: str) -> None:
    assert model(understand, files) == ("org/name", place)


@pytest.mark.parametrize(
    "text",
    [
        "from dataclasses import dataclass, field\nfrom transformers import HfArgumentParser, TrainingArguments\n"
        "@dataclass\nclass Model:\n    name: str = field(default='org/name', metadata={})\n"
        "def main():\n    parser = HfArgumentParser((Model, TrainingArguments))\n"
        "    model, training = parser.parse_args_into_dataclasses()\n    AutoModel.from_pretrained(model.name)\n",
        "import tyro_like\nclass Options:\n    model_id: str = 'org/Name'\n"
        "options = tyro_like.use_arguments(Options)\nAutoModel.from_pretrained(options.model_id.lower())\n",
        "from enum import Enum\nclass Models(Enum):\n    BASE = 'org/name'\n"
        "AutoModel.from_pretrained(Models.BASE.value)\n",
    ],
)
def test_a_default_that_a_class_hands_over(understand: Understand, text: str) -> None:
    assert model(understand, {"main.py": LOAD + text})[0] == "org/name"


def test_options_of_a_class_that_no_parser_is_handed_stay_its_own(understand: Understand) -> None:
    text = "import other\nclass Options:\n    model_id = 'org/name'\nx = other.make(Options)\n"
    assert model(understand, {"main.py": f"{LOAD}{text}AutoModel.from_pretrained(x.model_id)\n"})[0] is None


@pytest.mark.parametrize(("told", "found"), [("", "org/name"), ("rev='v1'", None)])
def test_the_parameters_of_a_pipeline_are_read_from_their_usual_file(
    understand: Understand, told: str, found: str | None
) -> None:
    text = (
        f"import dvc.api\nparams = dvc.api.params_show({told})\nAutoModel.from_pretrained(params['train']['model'])\n"
    )
    files = {"params.yaml": "train:\n  model: org/name\n", "main.py": LOAD + text}
    assert model(understand, files)[0] == found


CONFIGURED = """
import hydra
@hydra.main(config_path="conf", config_name="config")
def main(cfg):
    model = hydra.utils.instantiate(cfg.model)
    model.fit([[0.0]], [0.0])
"""


def test_a_class_that_a_configuration_names_is_what_trains(understand: Understand) -> None:
    made = understand(
        {
            "conf/config.yaml": "defaults:\n  - model: forest\n",
            "conf/model/forest.yaml": "_target_: sklearn.ensemble.RandomForestClassifier\nrandom_state: 1\n",
            "train.py": CONFIGURED,
        }
    )
    calls = [fact.name for fact in made.facts("call") if fact.name.startswith("sklearn")]
    assert calls == ["sklearn.ensemble.RandomForestClassifier", "sklearn.ensemble.RandomForestClassifier.fit"]
    assert [one.tool for one in made.evidence("training-framework")] == ["sklearn"]


def test_of_two_objects_that_a_configuration_names_no_method_is_told(understand: Understand) -> None:
    text = CONFIGURED + "    hydra.utils.instantiate(cfg.trainer).fit(model)\n"
    files = {"conf/config.yaml": "model:\n  _target_: sklearn.svm.SVC\ntrainer:\n  name: x\n", "train.py": text}
    names = {fact.name for fact in understand(files).facts("call")}
    assert "sklearn.svm.SVC" in names and "sklearn.svm.SVC.fit" not in names


def test_what_is_told_twice_or_nowhere_stays_unknown(understand: Understand) -> None:
    files = {
        "params.yaml": "a:\n  id: org/one\nb:\n  id: org/two\n",
        "main.py": f"import yaml\n{LOAD}params = yaml.safe_load(open('params.yaml'))\n"
        "AutoModel.from_pretrained(params[kind]['id'])\n",
    }
    assert model(understand, files) == (None, "")


def test_a_secret_of_a_configuration_is_no_fact(understand: Understand) -> None:
    made = understand({"config.yaml": "db:\n  password: hunter2\n  name: x\n", "a.py": "import os\n"})
    assert [fact.name for fact in made.facts("parameter")] == ["db.name"]


def test_a_hub_model_of_a_settings_class_is_told_where_it_is_loaded(understand: Understand) -> None:
    from mlops_scan.rules.reproducibility.unpinned_model_revision import UnpinnedModelRevision

    made = understand(
        {
            "app/config.py": "from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n"
            "    model_id: str = 'org/name'\nsettings = Settings()\n",
            "app/main.py": f"{LOAD}from app.config import settings\nAutoModel.from_pretrained(settings.model_id)\n",
        }
    )
    (found,) = UnpinnedModelRevision().check(made)
    assert (found.at.path, found.at.line) == ("app/main.py", 3)
    assert "'org/name'" in found.message


def test_a_model_is_handed_over_by_the_path_of_a_shared_module(understand: Understand) -> None:
    made = understand(
        {
            "common/paths.py": "from pathlib import Path\nMODELS = Path('models')\nMODEL = MODELS / 'iris.joblib'\n",
            "train.py": "import joblib\nfrom common.paths import MODEL\nfrom sklearn.svm import SVC\n"
            "clf = SVC().fit([[0]], [0])\njoblib.dump(clf, MODEL)\n",
            "app.py": "import joblib\nfrom fastapi import FastAPI\nfrom common import paths\napp = FastAPI()\n"
            "clf = joblib.load(paths.MODEL)\n@app.post('/p')\ndef p(x: float): return clf.predict([[x]])\n",
        }
    )
    assert [(one.path, other.path) for one, other in made.once(Deliveries).handovers()] == [("train.py", "app.py")]


GATED = (
    "import mlflow\nfrom sklearn.linear_model import Ridge\nfrom sklearn.metrics import accuracy_score\n"
    "from config import ALWAYS_DEPLOY, MIN_ACCURACY\n"
    "accuracy = accuracy_score([0], Ridge().fit([[0]], [0]).predict([[0]]))\n"
    "if {test}:\n    mlflow.MlflowClient().set_registered_model_alias('m', 'champion', 1)\n"
)
STEPS = (
    "from prefect import flow, task\nimport mlflow\nfrom sklearn.metrics import accuracy_score\n"
    "@task\ndef evaluate(m):\n    return accuracy_score([0], m.predict([[0]]))\n"
    "@task\ndef register():\n    mlflow.register_model('runs:/1/m', 'prices')\n"
    "@flow\ndef training():\n    score = evaluate(1)\n    register()\n"
)


@pytest.mark.parametrize(
    ("test", "always", "minimum", "why"),
    [
        ("accuracy > MIN_ACCURACY", False, 0.8, None),
        ("accuracy > MIN_ACCURACY", False, -1, "no value of the metric is on the other side of -1"),
        ("ALWAYS_DEPLOY or accuracy > 0.9", True, 0.8, "'ALWAYS_DEPLOY or accuracy > 0.9' is always true"),
        ("ALWAYS_DEPLOY or accuracy > 0.9", False, 0.8, None),
    ],
)
def test_a_gate_that_a_constant_of_another_file_decides(
    understand: Understand, test: str, always: bool, minimum: float, why: str | None
) -> None:
    made = understand(
        {
            "train.py": GATED.format(test=test),
            "config.py": f"ALWAYS_DEPLOY = {always}\nMIN_ACCURACY = {minimum}\n",
        }
    )
    used, disabled = (made.evidence("evaluation-gate", one) for one in (Status.USED, Status.DISABLED))
    assert bool(used) is (why is None)
    assert [one.why for one in disabled] == ([] if why is None else [why])


CAUGHT = "what it raises is caught, and all goes on"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("accuracy = 1.0", "if accuracy < 0.8:", "    raise SystemExit"), "'accuracy < 0.8' is always false"),
        (("if accuracy < 0.8:", "    raise SystemExit"), None),
        (("try:", "    assert accuracy > 0.8", "except AssertionError:", "    pass"), CAUGHT),
        (
            ("try:", "    if accuracy < 0.8:", "        raise ValueError", "except Exception as e:", "    print(e)"),
            CAUGHT,
        ),
        (("try:", "    assert accuracy > 0.8", "except AssertionError:", "    raise SystemExit(1)"), None),
        (("try:", "    assert accuracy > 0.8", "except KeyError:", "    pass"), None),
    ],
)
def test_a_gate_that_code_makes_harmless(understand: Understand, lines: tuple[str, ...], why: str | None) -> None:
    head = "import mlflow\nfrom sklearn.svm import SVC\nfrom sklearn.metrics import accuracy_score\n"
    head += "m = SVC().fit([[0], [1]], [0, 1])\n"
    head += "accuracy = accuracy_score([0, 1], m.predict([[0], [1]]))\n"
    made = understand({"train.py": head + "\n".join(lines) + "\nmlflow.register_model('runs:/1/m', 'prices')\n"})
    used, disabled = (made.evidence("evaluation-gate", one) for one in (Status.USED, Status.DISABLED))
    assert bool(used) is (why is None)
    assert [one.why for one in disabled] == ([] if why is None else [why])


def test_a_step_of_which_nobody_reads_the_result_is_named_with_the_reason(understand: Understand) -> None:
    from mlops_scan.rules.tooling.missing_evaluation_gate import MissingEvaluationGate

    train = "from sklearn.linear_model import Ridge\nmodel = Ridge().fit([[0.0]], [0.0])\n"
    made = understand({"flow.py": STEPS, "fit.py": train, "Dockerfile": "FROM python:3.12\nCMD python flow.py\n"})
    (found,) = made.evidence("evaluation-gate", Status.DISABLED)
    assert (found.what, found.why, found.at.line) == (
        "step 'evaluate' evaluates",
        "no condition reads what it finds",
        12,
    )
    (finding,) = MissingEvaluationGate().check(made)
    assert "Step 'evaluate' evaluates (flow.py:12), without effect: no condition reads" in finding.message


TASKS = STEPS.replace("@flow\ndef training():\n    score = evaluate(1)\n    register()\n", "")
COMPONENTS = (
    "from kfp import dsl\nfrom google.cloud import aiplatform\nfrom sklearn.metrics import accuracy_score\n"
    "@dsl.component\ndef evaluate(m: str) -> str:\n    return grade(accuracy_score([0], [0]))\n"
    "@dsl.component\ndef ship(m: str):\n    aiplatform.Model(m).deploy(endpoint='e')\n"
    "@dsl.pipeline(name='p')\ndef pipe():\n    found = evaluate(m='x')\n"
)
OPERATORS = (
    "from airflow import DAG\nfrom airflow.operators.python import BranchPythonOperator, PythonOperator\n"
    "import mlflow\nfrom sklearn.metrics import accuracy_score\n"
    "def evaluate(ti):\n    ti.xcom_push('grade', grade(accuracy_score([0], [1])))\n"
    "def choose(ti):\n    return 'register' if ti.xcom_pull(key='grade') == 'good' else 'stop'\n"
    "def register():\n    mlflow.register_model('runs:/1/m', 'prices')\n"
    "with DAG('d') as dag:\n    e = PythonOperator(task_id='evaluate', python_callable=evaluate)\n"
    "    r = PythonOperator(task_id='register', python_callable=register)\n"
)
BRANCH = "    b = BranchPythonOperator(task_id='choose', python_callable=choose)\n    e >> b >> r\n"


@pytest.mark.parametrize(
    ("code", "line"),
    [
        (TASKS + "@flow\ndef training():\n    good = evaluate(1)\n    if good:\n        register()\n", 14),
        (
            TASKS + "@flow\ndef training():\n    out = evaluate(1)\n    if out['is'] == 'good':\n        register()\n",
            14,
        ),
        (COMPONENTS + "    with dsl.If(found.output == 'good'):\n        ship(m='x')\n", 14),
        (OPERATORS + BRANCH, 13),
    ],
)
def test_a_step_whose_result_a_condition_reads_is_a_gate(understand: Understand, code: str, line: int) -> None:
    made = understand({"flow.py": code})
    assert made.evidence("evaluation-gate", Status.DISABLED) == ()
    (found,) = made.evidence("evaluation-gate", Status.USED)
    assert found.at.line == line and "only comes if what step 'evaluate' finds allows it" in found.what


@pytest.mark.parametrize(
    ("code", "silent"),
    [
        (COMPONENTS + "    with dsl.If(other == 'good'):\n        ship(m='x')\n", False),
        (COMPONENTS + "    with dsl.If(found.output == 'bad'):\n        tell()\n    ship(m='x')\n", True),
        (TASKS + "@flow\ndef training():\n    out = evaluate(1)\n    if out is not None:\n        register()\n", True),
        (OPERATORS + "    e >> r\n", False),
    ],
)
def test_a_step_is_called_unread_only_where_no_condition_reads_it(
    understand: Understand, code: str, silent: bool
) -> None:
    made = understand({"flow.py": code})
    told = [one.why for one in made.evidence("evaluation-gate", Status.DISABLED)]
    assert told == ([] if silent else ["no condition reads what it finds"])
    assert not made.evidence("evaluation-gate", Status.USED)


def test_a_threshold_that_only_a_log_is_told_of(understand: Understand) -> None:
    text = (
        "import logging\nimport mlflow\nfrom sklearn.metrics import accuracy_score\ndef check(model):\n"
        "    accuracy = accuracy_score([0], model.predict([[0]]))\n    if accuracy < 0.8:\n"
        "        logging.warning('low')\n    mlflow.register_model('runs:/1/m', 'prices')\n"
    )
    (found,) = understand({"check.py": text}).evidence("evaluation-gate", Status.DISABLED)
    assert (found.at.line, found.why) == (6, "what follows is a line in a log")


JOB = """
resources:
  jobs:
    training:
      tasks:
        - task_key: validate
          notebook_task:
            notebook_path: ../validation/Validate
            base_parameters:
              run_mode: {mode}
"""


@pytest.mark.parametrize(("mode", "status"), [("dry_run", Status.DISABLED), ("enabled", Status.USED)])
def test_a_validation_that_only_runs_for_show(understand: Understand, mode: str, status: Status) -> None:
    made = understand(
        {
            "databricks.yml": "bundle: {name: x}\ninclude: [resources/*.yml]\n",
            "resources/train.yml": JOB.format(mode=mode),
            "validation/Validate.py": "# Databricks notebook source\nimport mlflow\n"
            "from mlflow.models import MetricThreshold\n"
            "limits = {'f1_score': MetricThreshold(threshold=0.8, greater_is_better=True)}\n"
            "mlflow.evaluate('models:/m/1', data, validation_thresholds=limits)\n",
        }
    )
    found = made.evidence("evaluation-gate", Status.USED, Status.DISABLED)
    assert {one.status for one in found} == {status}
    assert all(one.why.startswith("'run_mode: dry_run' where 'training' runs it") for one in found if one.why)


@pytest.mark.parametrize(
    "text",
    [
        'f"{BASE}/{NAME}.joblib"',
        'os.path.join(BASE, "sub", "..", "m.joblib").replace("sub/../", "")',
        'os.path.join(BASE, NAME + ".joblib")',
        'Path(settings.BASE) / "m.joblib"',
        '"{}/{}.joblib".format(BASE, NAME)',
        '"%s/%s.joblib" % (BASE, NAME)',
        'Path(BASE).joinpath(settings.NAME + ".joblib")',
        'str(Path(BASE) / f"{NAME}.joblib")',
        'f"{BASE}/{kind}.joblib"',
    ],
)
def test_a_path_that_is_put_together_of_constants_of_another_file(understand: Understand, text: str) -> None:
    code = (
        "import os\nfrom pathlib import Path\nimport joblib\nfrom pkg import settings\n"
        f"from pkg.settings import BASE, NAME\n\n\ndef save(model, kind):\n    joblib.dump(model, {text})\n"
    )
    files = {"pkg/__init__.py": "", "pkg/settings.py": 'BASE = "models"\nNAME = "m"\n', "train.py": code}
    (value,) = [one.get("args")[1] for one in understand(files).facts("call") if one.name == "joblib.dump"]
    unknown = "kind" in text or "replace" in text
    assert (value.get("const"), value.get("told")) == (
        (None, None) if unknown else ("models/m.joblib", "pkg/settings.py:1")
    )


READS = "import configparser, json, os, tomllib\nimport joblib, yaml\nfrom pathlib import Path\n"


@pytest.mark.parametrize(
    "text",
    [
        'joblib.dump(model, json.load(open("p.json"))["a"]["out"])',
        'joblib.dump(model, json.loads(Path("p.json").read_text(encoding="utf-8"))["a"]["out"])',
        'joblib.dump(model, json.loads((Path(__file__).parent / "p.json").read_text())["a"]["out"])',
        'joblib.dump(model, tomllib.loads(Path("p.toml").read_text())["a"]["out"])',
        'with open("p.toml", "rb") as file:\n    joblib.dump(model, tomllib.load(file)["a"]["out"])',
        'joblib.dump(model, yaml.safe_load(Path("p.yaml").read_text())["a"].get("out", "x"))',
        'out = yaml.safe_load(open("p.yaml"))["a"]["out"]\njoblib.dump(model, out)',
        'part = yaml.safe_load(open("p.yaml"))["a"]\njoblib.dump(model, part["out"])',
        'class A:\n    def __init__(self):\n        self.c = json.load(open("p.json"))\n'
        '    def save(self, model):\n        joblib.dump(model, self.c["a"]["out"])',
        'c = configparser.ConfigParser()\nc.read("p.ini")\njoblib.dump(model, c["a"]["out"])',
        'c = configparser.ConfigParser()\nc.read(["p.ini"])\njoblib.dump(model, c.get("a", "out", fallback="x"))',
        'c = json.load(open("p.json"))\njoblib.dump(model, os.path.join(c["b"]["dir"], c["b"]["name"]))',
        'c = json.load(open("p.json"))["b"]\njoblib.dump(model, f"{c[\'dir\']}/{c.get(\'name\')}")',
        'c = json.load(open("p.json"))\njoblib.dump(model, Path(c["b"]["dir"]) / "m.joblib")',
    ],
)
def test_an_entry_of_a_file_of_any_name(understand: Understand, text: str) -> None:
    files = {
        "p.json": '{"a": {"out": "models/m.joblib"}, "b": {"dir": "models", "name": "m.joblib"}, "out": 1}\n',
        "p.toml": 'out = 1\n[a]\nout = "models/m.joblib"\n',
        "p.yaml": "out: 1\na: {out: models/m.joblib}\n",
        "p.ini": "[a]\nout = models/m.joblib\n",
        "other/p.json": '{"a": {"out": "wrong.joblib"}}\n',
        "train.py": f"{READS}model = 1\n{text}\n",
    }
    made = understand(files)
    (value,) = [one.get("args")[1] for one in made.facts("call") if one.name == "joblib.dump"]
    assert value.get("const") == "models/m.joblib"
    assert value["told"].partition(":")[0] in files


def test_a_file_that_no_code_reads_is_no_configuration(understand: Understand) -> None:
    made = understand(
        {"p.json": '{"a": "b"}', "q.json": '{"a": "c"}', "x.py": 'import json\njson.load(open("p.json"))["a"]\n'}
    )
    assert [one.at.path for one in made.facts("parameter")] == []
    made = understand(
        {"p.json": '{"a": "b"}', "q.json": '{"a": "c"}', "x.py": 'import json\nf(json.load(open("p.json"))["a"])\n'}
    )
    assert [one.at.path for one in made.facts("parameter")] == ["p.json"]


UTILS = """
import joblib, os

def save(model, path="models/default.joblib"):
    joblib.dump(model, path)

class Store:
    def __init__(self, path):
        self.path = path

    def put(self, model):
        joblib.dump(model, self.path)

def save_in(model, name, folder="models"):
    joblib.dump(model, os.path.join(folder, name))

def both(model, target):
    save(model, path=target)
"""


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ('save(model, "a.joblib")', {"a.joblib": 4}),
        ('save(model=model, path="a.joblib")', {"a.joblib": 4}),
        ("save(model)", {"default.joblib": 4}),
        ('save(model, "a.joblib")\nsave(model, "b.joblib")', {"a.joblib": 4, "b.joblib": 5}),
        ('OUT = "a.joblib"\nsave(model, OUT)', {"a.joblib": 5}),
        ('save_in(model, "a.joblib")', {"a.joblib": 4}),
        ('both(model, "a.joblib")', {"a.joblib": 4}),
        ('Store("a.joblib").put(model)\nStore("b.joblib").put(model)', {"a.joblib": 4, "b.joblib": 5}),
        ("save(model, unknown())", {}),
        ('save({"a": 1}, {"b": 2})', {}),
    ],
)
def test_a_path_that_a_caller_hands_over(understand: Understand, text: str, written: dict[str, int]) -> None:
    made = understand(
        {
            "utils.py": UTILS,
            "train.py": f"from utils import *\nfrom utils import both, save, save_in, Store\nmodel = 1\n{text}\n",
        }
    )
    found = {edge.target[6:]: edge.at.line for edge in made.links_from("file:train.py", "writes")}
    assert found == written


def test_names_that_one_caller_hands_over_are_known(understand: Understand) -> None:
    files = {
        "utils.py": f"{LOAD}def load(name):\n    return AutoModel.from_pretrained(name)\n",
        "main.py": "from utils import load\nload('org/name')\n",
        "tests/test_utils.py": "from utils import load\nload('org/other')\n",
    }
    assert model(understand, files) == ("org/name", "main.py:2")
    files["more.py"] = "from utils import load\nload('org/more')\n"
    assert model(understand, files) == (None, "")
    files["more.py"] = "from utils import load\nload(name=read())\n"
    assert model(understand, files) == (None, "")


ENVIRONMENT = "import os\nfrom transformers import AutoModel\n"


@pytest.mark.parametrize(
    "files",
    [
        {  # an attribute that is set again goes by the name of what it was set to
            "app.py": ENVIRONMENT + "class App:\n    def read(self):\n        self.model = os.environ['MODEL']\n"
            "    def load(self, model):\n        return AutoModel.from_pretrained(model)\n"
            "    def start(self):\n        self.load(self.model)\n"
        },
        {
            "one.py": "import os\nimport other\nMODEL = os.getenv('A', other.MODEL) + 'x'\n",
            "other.py": "import os\nimport one\nMODEL = 'y' + one.MODEL\n",
            "app.py": f"{ENVIRONMENT}import one\nAutoModel.from_pretrained(one.MODEL)\n",
        },
    ],
)
def test_constants_that_lead_back_to_themselves_lead_nowhere(understand: Understand, files: dict[str, str]) -> None:
    assert model(understand, files) == (None, "")


def test_constants_are_followed_over_a_few_files_only(understand: Understand) -> None:
    chain = {f"m{i}.py": f"import m{i + 1}\nM = m{i + 1}.M + 'b' + m{i + 1}.M\n" for i in range(300)}
    load = f"{LOAD}import m0, m298\nAutoModel.from_pretrained(m298.M)\n"
    known, place = model(understand, {**chain, "m300.py": "M = 'a'\n", "app.py": f"{load}print(m0.M)\n"})
    assert (known, place) == ("abababa", "m300.py:1")
    assert model(understand, {"app.py": load.replace("(m298.M)", "(m0.M)")}) == (None, "")
