"""Pipelines, steps, schedules and routes that Python frameworks define, in one form for all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlops_scan import engine
from mlops_scan.scanner import reading, walk
from mlops_scan.scanner.config import Config
from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status
from tests.conftest import Understand


def graph(folder: Path, files: dict[str, str]) -> Graph:
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
    tree = walk.discover(folder, ()).tree
    return engine.understand(reading.read(tree, 1).facts, tree.paths, Config())


def steps(made: Graph) -> dict[str, list[str]]:
    """Step -> those that it needs."""
    return {fact.name: list(fact.get("needs") or ()) for fact in made.all_facts("pipeline-step")}


def schedules(made: Graph) -> list[tuple[str, str, str]]:
    return [
        (fact.name, str(fact.get("owner")), str(fact.get("state") or ""))
        for fact in made.all_facts("schedule")
        if fact.get("where") == "python"
    ]


def routes(made: Graph) -> set[tuple[str, str, str]]:
    return {
        (" ".join(fact.get("methods") or ()), fact.name, str(fact.get("handler") or ""))
        for fact in made.all_facts("route")
    }


AIRFLOW_OPERATORS = """
from airflow import DAG
from airflow.models.baseoperator import chain
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator
from airflow.models import BaseOperator
from work.train import fit

class Own(BaseOperator):
    pass

with DAG("retrain", schedule="@daily") as dag:
    pull = BashOperator(task_id="pull", bash_command="python pull.py")
    train = PythonOperator(task_id="train", python_callable=fit)
    tasks = {"report": Own(task_id="report"), "tell": Own(task_id="tell")}
    pull >> [train] >> tasks["report"]
    chain(tasks["report"], tasks["tell"])
"""
AIRFLOW_TASKS = """
from airflow.decorators import dag, task

@dag(schedule="0 3 * * *", is_paused_upon_creation=True)
def weekly():
    @task
    def load():
        return 1

    @task(task_id="fit-model")
    def fit(data):
        return data

    @task
    def check(model):
        print(model)

    check(fit(load()))

weekly()
"""
PREFECT = """
from prefect import flow, task
from work.train import fit

@task(name="load data")
def load(): return 1

@flow(name="training")
def main_flow():
    data = load()
    model = fit.submit(data)

if __name__ == "__main__":
    main_flow.serve(name="weekly", cron="0 4 * * 1")
"""
METAFLOW = """
from metaflow import FlowSpec, schedule, step

@schedule(daily=True)
class Train(FlowSpec):
    @step
    def start(self):
        self.next(self.fit)

    @step
    def fit(self):
        self.next(self.end)

    @step
    def end(self): ...
"""
DAGSTER = """
from dagster import AssetSelection, Definitions, ScheduleDefinition, asset, define_asset_job

@asset
def raw(): return 1

@asset
def features(raw): return raw

@asset(deps=["features"])
def model(): return 1

job = define_asset_job("train_job", selection=["raw", "features", "model"])
nightly = ScheduleDefinition(job=job, cron_schedule="0 1 * * *")
defs = Definitions(assets=[raw, features, model], schedules=[nightly])
"""
KEDRO = """
from kedro.pipeline import Pipeline, node, pipeline
from work.train import fit

def create_pipeline(**kwargs) -> Pipeline:
    return pipeline([
        node(func=lambda x: x, inputs="raw", outputs=["x", "y"], name="split"),
        node(func=fit, inputs=["x", "params:options"], outputs="model", name="train_model"),
    ])
"""
ZENML = """
from zenml import pipeline
from zenml.config.schedule import Schedule
from steps import load, fit

@pipeline
def training():
    data = load()
    fit(data)

training.with_options(schedule=Schedule(cron_expression="*/5 * * * *"))()
"""
FLYTE = """
from flytekit import CronSchedule, LaunchPlan, task, workflow

@task
def load() -> int: return 1

@task
def fit(data: int) -> int: return data

@workflow
def training() -> int:
    data = load()
    return fit(data=data)

EVERY = CronSchedule(schedule="0 2 * * *")
plan = LaunchPlan.get_or_create(workflow=training, name="daily", schedule=EVERY)
"""
KUBEFLOW = """
from kfp import dsl, components

download = components.load_component_from_file("components/download/component.yaml")

@dsl.component
def fit(data: str) -> str: return data

@dsl.pipeline(name="train-pipeline")
def training():
    got = download(url="x")
    model = fit(data=got.outputs["data"])
    last = fit(data="y").after(model)
"""
SAGEMAKER = """
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

prepare = ProcessingStep(name="Prepare", processor=None)
train = TrainingStep(name="Train", estimator=None, depends_on=[prepare])
register = RegisterModel(name="Register", estimator=None)
check = ConditionStep(name="Check", conditions=[], if_steps=[register], else_steps=[], depends_on=[train])
pipeline = Pipeline(name="Abalone", steps=[prepare, train, check])
"""
AZURE = """
from azure.ai.ml import load_component
from azure.ai.ml.dsl import pipeline

prep = load_component(source="components/prep.yml")
fit = load_component(source="components/fit.yml")

@pipeline(name="taxi")
def taxi():
    prepared = prep(raw="x")
    trained = fit(data=prepared.outputs.data)
"""
TRAIN = "from prefect import task\n@task\ndef fit(data): return data\n"


def test_operators_of_a_dag_are_steps_in_order(tmp_path: Path) -> None:
    made = graph(tmp_path, {"dags/d.py": AIRFLOW_OPERATORS, "work/train.py": "def fit(): ...\n"})
    assert steps(made) == {"pull": [], "train": ["pull"], "report": ["train"], "tell": ["report"]}
    assert schedules(made) == [("@daily", "dags/d.py#retrain", "")]
    (dag,) = made.facts("pipeline")
    assert (dag.name, dag.get("id"), dag.at.line) == ("retrain", "dags/d.py#retrain", 12)
    fit = next(fact for fact in made.facts("pipeline-step") if fact.name == "train")
    assert (fit.get("runs"), fit.get("function"), fit.get("of")) == ("work/train.py", "fit", "dags/d.py#retrain")
    assert ("step:dags/d.py#train", "needs", "step:dags/d.py#pull") in {
        (edge.source, edge.relation, edge.target) for edge in made.edges("needs")
    }


@pytest.mark.parametrize(
    ("text", "others", "expected", "times"),
    [
        (
            AIRFLOW_TASKS,
            {},
            {"load": [], "fit-model": ["load"], "check": ["fit-model"]},
            [("0 3 * * *", "p/a.py#weekly", "disabled")],
        ),
        (
            PREFECT,
            {"work/train.py": TRAIN},
            {"load data": [], "fit": ["load data"]},
            [("0 4 * * 1", "p/a.py#training", "")],
        ),
        (METAFLOW, {}, {"start": [], "fit": ["start"], "end": ["fit"]}, [("daily", "p/a.py#Train", "")]),
        (
            DAGSTER,
            {},
            {"raw": [], "features": ["raw"], "model": ["features"]},
            [("0 1 * * *", "p/a.py#train_job", "")],
        ),
        (KEDRO, {"work/train.py": "def fit(x, o): ...\n"}, {"split": [], "train_model": ["split"]}, []),
        (
            ZENML,
            {
                "steps/__init__.py": "from .load import load\nfrom .fit import *\n",
                "steps/load.py": "from zenml import step\n@step\ndef load(): return 1\n",
                "steps/fit.py": "from zenml import step\n@step\ndef fit(data): return data\n",
            },
            {"load": [], "fit": ["load"]},
            [("*/5 * * * *", "p/a.py#training", "")],
        ),
        (FLYTE, {}, {"load": [], "fit": ["load"]}, [("0 2 * * *", "p/a.py#training", "")]),
        (SAGEMAKER, {}, {"Prepare": [], "Train": ["Prepare"], "Check": ["Train"], "Register": ["Check"]}, []),
        (AZURE, {}, {"prep": [], "fit": ["prep"]}, []),
    ],
    ids=["tasks", "prefect", "metaflow", "dagster", "kedro", "zenml", "flyte", "sagemaker", "azure"],
)
def test_every_framework_gives_the_same_picture(
    tmp_path: Path,
    text: str,
    others: dict[str, str],
    expected: dict[str, list[str]],
    times: list[tuple[str, str, str]],
) -> None:
    made = graph(tmp_path, {"p/a.py": text, **others})
    assert steps(made) == expected
    assert schedules(made) == times
    assert len(made.facts("pipeline")) == 1
    owner = made.facts("pipeline")[0].get("id")
    assert {fact.get("of") for fact in made.facts("pipeline-step")} == {owner}


def test_components_of_files_and_functions_are_steps(tmp_path: Path) -> None:
    made = graph(tmp_path, {"p/a.py": KUBEFLOW})
    told = [(fact.name, fact.get("needs")) for fact in made.facts("pipeline-step")]
    assert told == [("download", None), ("fit", ["download"]), ("fit", None)]
    assert [fact.name for fact in made.facts("pipeline")] == ["train-pipeline"]


def test_schedules_without_a_pipeline_name_their_function(tmp_path: Path) -> None:
    text = (
        "from apscheduler.schedulers.background import BackgroundScheduler\nfrom celery.schedules import crontab\n"
        "def retrain(): ...\nscheduler = BackgroundScheduler()\n"
        "scheduler.add_job(retrain, 'cron', hour=3)\n"
        "beat = {'t': {'task': 'x', 'schedule': crontab(minute=0, hour=2)}}\n"
    )
    assert schedules(graph(tmp_path, {"app/jobs.py": text})) == [
        ("cron hour=3", "app/jobs.py#retrain", ""),
        ("minute=0 hour=2", "app/jobs.py", ""),
    ]


def test_nothing_in_tests_strings_or_dead_code_is_a_pipeline(tmp_path: Path) -> None:
    text = f'"""{METAFLOW}"""\nif False:\n    from prefect import flow\n    @flow\n    def f(): ...\n'
    made = graph(tmp_path, {"a.py": text, "tests/test_flow.py": METAFLOW})
    assert made.facts("pipeline", "pipeline-step", "schedule") == ()


def test_routes_have_the_prefixes_of_their_routers(tmp_path: Path) -> None:
    made = graph(
        tmp_path,
        {
            "app/main.py": "from fastapi import FastAPI\nfrom app.api import router\napp = FastAPI()\n"
            "app.include_router(router, prefix='/api')\n@app.get('/health')\ndef health(): ...\n"
            "def late(): ...\napp.add_api_route('/late', late, methods=['POST'])\n",
            "app/api.py": "from fastapi import APIRouter\nfrom app.routes import predict\nrouter = APIRouter()\n"
            "router.include_router(predict.router, prefix='/v1')\n",
            "app/routes/predict.py": "from fastapi import APIRouter\nrouter = APIRouter(prefix='/models')\n"
            "@router.post('/predict')\ndef predict(): ...\n",
        },
    )
    assert routes(made) == {
        ("GET", "/health", "health"),
        ("POST", "/late", "late"),
        ("POST", "/api/v1/models/predict", "predict"),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "from flask import Blueprint\nbp = Blueprint('b', __name__, url_prefix='/b')\n"
            "@bp.route('/predict', methods=['GET', 'POST'])\ndef predict(): ...\n",
            ("GET POST", "/b/predict", "predict"),
        ),
        (
            "from litestar import Controller, post\nclass Models(Controller):\n    path = '/models'\n"
            "    @post('/predict')\n    async def predict(self): ...\n",
            ("POST", "/models/predict", "Models.predict"),
        ),
        (
            "from django.urls import include, path\nfrom . import views\n"
            "urlpatterns = [path('predict/', views.predict), path('x/', include('other.urls'))]\n",
            ("GET", "/predict", "app.views.predict"),
        ),
        (
            "from aiohttp import web\nasync def predict(r): ...\napp = web.Application()\n"
            "app.router.add_post('/predict', predict)\n",
            ("POST", "/predict", "predict"),
        ),
        (
            "import tornado.web\nclass Predict(tornado.web.RequestHandler):\n    def post(self): ...\n"
            "app = tornado.web.Application([(r'/predict', Predict)])\n",
            ("POST", "/predict", "Predict"),
        ),
        (
            "from sanic import Sanic\napp = Sanic('x')\n@app.post('/predict')\nasync def predict(r): ...\n",
            ("POST", "/predict", "predict"),
        ),
        (
            "from starlette.routing import Route\ndef predict(r): ...\n"
            "routes = [Route('/predict', predict, methods=['POST'])]\n",
            ("POST", "/predict", "predict"),
        ),
        (
            "import bentoml\n@bentoml.service\nclass S:\n    @bentoml.api\n    def predict(self, x): ...\n",
            ("POST", "/predict", "S.predict"),
        ),
    ],
    ids=["flask", "litestar", "django", "aiohttp", "tornado", "sanic", "starlette", "bentoml"],
)
def test_routes_of_every_framework(tmp_path: Path, text: str, expected: tuple[str, str, str]) -> None:
    assert routes(graph(tmp_path, {"app/urls.py": text})) == {expected}


MOUNTED_HERE = """
from fastapi import APIRouter, FastAPI
from litestar import Controller, post
r = APIRouter(prefix="/r")
free = APIRouter(prefix="/free")
@r.post("/a")
def a(): ...
@free.get("/b")
def b(): ...
class One(Controller):
    path = "/one"
    @post("/predict")
    async def predict(self): ...
class Two(Controller):
    path = "/two"
    @post("/predict")
    async def predict(self): ...
def build():
    app = FastAPI()
    app.include_router(r, prefix="/x")
    @app.get("/c")
    def c(): ...
    return app
"""
BLUEPRINTS = """
from flask import Blueprint, Flask
from flask.views import MethodView
from parts import other
bp = Blueprint("b", __name__, url_prefix="/api")
@bp.route("/p")
def p(): ...
class View(MethodView):
    def post(self): ...
app = Flask(__name__)
app.register_blueprint(bp, url_prefix="/v2")
app.register_blueprint(other)
app.add_url_rule("/mv", view_func=View.as_view("v"))
"""


def test_routers_that_are_mounted_in_their_own_file(tmp_path: Path) -> None:
    made = graph(tmp_path, {"app.py": MOUNTED_HERE})
    assert {one[:2] for one in routes(made)} == {
        ("POST", "/x/r/a"),
        ("GET", "/free/b"),
        ("POST", "/one/predict"),
        ("POST", "/two/predict"),
        ("GET", "/c"),
    }
    labels = {node.label for node in made.nodes() if node.kind == "endpoint"}
    assert labels == {"POST /x/r/a", "GET /free/b", "POST /one/predict", "POST /two/predict", "GET /c"}


def test_the_prefix_of_a_registration_replaces_that_of_the_blueprint(tmp_path: Path) -> None:
    parts = (
        "from flask import Blueprint\nother = Blueprint('o', __name__, url_prefix='/o')\n"
        "@other.route('/q')\ndef q(): ...\n"
    )
    made = graph(tmp_path, {"app.py": BLUEPRINTS, "parts.py": parts})
    assert routes(made) == {("GET", "/v2/p", "p"), ("POST", "/mv", "View"), ("GET", "/o/q", "q")}


def test_routes_of_an_application_that_another_file_makes(tmp_path: Path) -> None:
    made = graph(
        tmp_path,
        {
            "service/__init__.py": "from flask import Blueprint, Flask\napp = Flask(__name__)\n"
            "class Parts:\n    api = Blueprint('b', __name__, url_prefix='/b')\n"
            "from service import routes\n",
            "service/routes.py": "import joblib\nfrom service import Parts, app\nmodel = joblib.load('model.joblib')\n"
            "@app.route('/predict', methods=['POST'])\ndef predict(): return model.predict([[1]])\n"
            "@Parts.api.route('/other')\ndef other(): ...\n",
        },
    )
    assert routes(made) == {("POST", "/predict", "predict"), ("GET", "/b/other", "other")}
    assert {use.fact.name for use in made.uses("web-route")} == {"flask.Flask.route", "flask.Blueprint.route"}
    assert made.profile.serves_model == "online"


def test_what_a_configuration_makes_is_what_its_annotation_says(tmp_path: Path) -> None:
    text = (
        "import hydra\nfrom pytorch_lightning import Trainer\ndef train(cfg):\n"
        "    trainer: Trainer = hydra.utils.instantiate(cfg.trainer)\n    trainer.fit(None)\n"
    )
    assert [use.fact.name for use in graph(tmp_path, {"a.py": text}).uses("trains")] == [
        "pytorch_lightning.Trainer.fit"
    ]


DAGSTER_SENSORS = """
from dagster import AssetKey, asset_sensor, job, op, run_status_sensor, sensor
@op
def fit(): ...
@job
def train(): fit()
@sensor(job=train, minimum_interval_seconds=30)
def new_files(context): ...
@asset_sensor(asset_key=AssetKey("raw"), job=train)
def on_raw(context, event): ...
@run_status_sensor(request_job=train)
def after(context): ...
@sensor(job=train)
def drift_seen(context): ...
@sensor(job=train)
def new_model_version(context): ...
"""
AIRFLOW_ASSETS = """
from airflow.datasets import Dataset
from airflow.sdk import DAG, Asset
from airflow.timetables.trigger import CronTriggerTimetable
raw = Dataset("s3://b/raw.csv")
with DAG("one", schedule=[Asset("s3://b/x")]) as d1: ...
with DAG("two", schedule=raw & Dataset("x")) as d2: ...
with DAG("three", schedule=CronTriggerTimetable("0 1 * * 3", timezone="UTC")) as d3: ...
"""
PREFECT_TRIGGER = """
from prefect import flow
from prefect.events import DeploymentEventTrigger
@flow(name="training")
def training(): ...
if __name__ == "__main__":
    training.serve(name="x", triggers=[DeploymentEventTrigger(expect={"s3.object.created"})])
"""
METAFLOW_TRIGGER = """
from metaflow import FlowSpec, step, trigger, trigger_on_finish
@trigger(event="data_updated")
class One(FlowSpec):
    @step
    def start(self): self.next(self.end)
    @step
    def end(self): ...
@trigger_on_finish(flow="One")
class Two(FlowSpec):
    @step
    def start(self): self.next(self.end)
    @step
    def end(self): ...
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            DAGSTER_SENSORS,
            [
                ("new_files", "train", "data"),
                ("on_raw", "train", "data"),
                ("after", "train", "run"),
                ("drift_seen", "train", "drift"),
                ("new_model_version", "train", "registry"),
            ],
        ),
        (
            AIRFLOW_ASSETS,
            [
                ('Asset("s3://b/x")', "one", "data"),
                ('raw & Dataset("x")', "two", "data"),
                ("0 1 * * 3", "three", ""),
            ],
        ),
        (PREFECT_TRIGGER, [("DeploymentEventTrigger", "training", "data")]),
        (METAFLOW_TRIGGER, [("One", "One", "data"), ("Two", "Two", "run")]),
    ],
)
def test_what_starts_a_pipeline_has_a_type(tmp_path: Path, text: str, expected: list[tuple[str, str, str]]) -> None:
    made = graph(tmp_path, {"flow.py": text}).all_facts("schedule")
    found = [(one.name, str(one.get("owner")).partition("#")[2], str(one.get("type") or "")) for one in made]
    assert found == expected


CONDITIONS = """
from sagemaker.workflow.condition_step import ConditionStep
from sagemaker.workflow.conditions import ConditionGreaterThanOrEqualTo
from sagemaker.workflow.functions import JsonGet
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.step_collections import RegisterModel
from sagemaker.workflow.steps import ProcessingStep, TrainingStep

def get_pipeline(estimator, processor, report):
    train = TrainingStep(name="Train", estimator=estimator)
    evaluate = ProcessingStep(name="Evaluate", processor=processor, inputs=[train.properties.Artifacts])
    register = RegisterModel(name="Register", estimator=estimator)
    good = ConditionGreaterThanOrEqualTo(left={left}, right=0.8)
    check = ConditionStep(name="Check", conditions=[good], if_steps=[register], else_steps=[])
    return Pipeline(name="prices", steps=[train, evaluate, check])
"""
MEASURED = 'JsonGet(step_name=evaluate.name, property_file=report, json_path="auc")'


def test_a_condition_comes_after_the_step_that_it_asks(tmp_path: Path) -> None:
    made = graph(tmp_path, {"pipeline.py": CONDITIONS.format(left=MEASURED)})
    assert steps(made) == {"Train": [], "Evaluate": ["Train"], "Check": ["Evaluate"], "Register": ["Check"]}


@pytest.mark.parametrize(
    ("left", "status", "why"),
    [
        (MEASURED, Status.USED, ""),
        ("1.0", Status.DISABLED, "'ConditionGreaterThanOrEqualTo' compares constants (pipeline.py:13)"),
    ],
)
def test_a_condition_of_constants_is_no_gate(tmp_path: Path, left: str, status: Status, why: str) -> None:
    made = graph(tmp_path, {"pipeline.py": CONDITIONS.format(left=left)})
    found = made.evidence("evaluation-gate", Status.USED, Status.DISABLED)
    assert [(one.status, one.why) for one in found] == [(status, why)]


STATES_BY_CONSTRUCTS = """
from aws_cdk import Stack, aws_stepfunctions as sfn, aws_stepfunctions_tasks as tasks

class Prices(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        train = tasks.SageMakerCreateTrainingJob(self, "Train")
        register = tasks.LambdaInvoke(self, "Register")
        sfn.StateMachine(self, "Retraining", definition=train.next(register))
"""


def test_tasks_of_a_state_machine_that_constructs_declare(tmp_path: Path) -> None:
    made = graph(tmp_path, {"stack.py": STATES_BY_CONSTRUCTS})
    found = {(fact.name, fact.get("of")) for fact in made.all_facts("pipeline-step")}
    assert found == {("Train", "stack.py#Retraining"), ("Register", "stack.py#Retraining")}


SCHEDULED_ELSEWHERE = """
from google.cloud import aiplatform
from kfp import dsl
@dsl.pipeline(name="kp")
def kp(): ...
job = aiplatform.PipelineJob(display_name="kp", template_path="kp.yaml")
job.create_schedule(cron="0 11 * * *", display_name="s")
"""
SCHEDULED_BY_OBJECTS = """
from sagemaker.sklearn import SKLearn
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import TrainingStep
from sagemaker.workflow.triggers import PipelineSchedule
import modal
est = SKLearn(entry_point="job.py")
fit = TrainingStep(name="T", estimator=est)
p = Pipeline(name="weekly", steps=[fit])
p.put_triggers(triggers=[PipelineSchedule(cron="0 13 * * ? *")], role_arn="x")
app = modal.App("m")
@app.function(schedule=modal.Cron("0 12 * * *"))
def f(): ...
@app.function(
    gpu="A100",
    schedule=modal.Period(days=1),
)
def g(): ...
"""


def test_a_schedule_that_a_construct_tells_counts_once(tmp_path: Path) -> None:
    made = graph(tmp_path, {"s.py": SCHEDULED_BY_OBJECTS, "k.py": SCHEDULED_ELSEWHERE, "job.py": "print(1)\n"})
    assert sorted(schedules(made)) == [
        ("0 11 * * *", "k.py#kp", ""),
        ("0 12 * * *", "s.py#ModalFunction/f", ""),
        ("0 13 * * ? *", "s.py#weekly", ""),
        ("days=1", "s.py#ModalFunction/g", ""),
    ]
    assert len([node for node in made.nodes() if node.kind == "schedule"]) == 4


DECORATED_IMAGES = """
from flytekit import task as unit
from metaflow import FlowSpec, kubernetes, step
from prefect import flow
class F(FlowSpec):
    @kubernetes(image="reg.io/one:1")
    @step
    def start(self): ...
@unit(container_image="reg.io/two:2")
def two() -> int: return 1
@flow
def f(): ...
f.deploy(name="d", work_pool_name="w", image="reg.io/three:3")
"""


def test_images_that_steps_and_deployments_name(tmp_path: Path) -> None:
    made = graph(tmp_path, {"flows.py": DECORATED_IMAGES})
    assert {fact.get("raw") for fact in made.facts("image")} == {"reg.io/one:1", "reg.io/two:2", "reg.io/three:3"}


ESTIMATOR = """
from sagemaker.sklearn.estimator import SKLearn
from sagemaker.sklearn.model import SKLearnModel
from sagemaker.workflow.model_step import ModelStep
from sagemaker.workflow.pipeline import Pipeline
from sagemaker.workflow.steps import TrainingStep


def build():
    fitted = SKLearn(entry_point="fit.py", source_dir="steps", role="r")
    fit = TrainingStep(name="Fit", estimator=fitted)
    again = TrainingStep(name="Again", step_args=fitted.fit({}))
    served = SKLearnModel(entry_point="answer.py", source_dir="steps", role="r")
    keep = ModelStep(name="Keep", step_args=served.register(model_package_group_name="churn"))
    return Pipeline(name="churn", steps=[fit, again, keep])
"""
GRAPHED = """
import dagster
from .ops import clean, fit


@dagster.asset
def raw():
    return 1


@dagster.graph_asset(ins={"raw": dagster.AssetIn("raw")})
def model(raw):
    return fit(clean(raw))
"""
OPS = """
import dagster


@dagster.op
def clean(x):
    return x


@dagster.op
def fit(x):
    return x


@dagster.job
def other():
    pass
"""


def test_a_step_runs_the_program_with_which_its_estimator_was_made(understand: Understand) -> None:
    files = {"build.py": ESTIMATOR, "steps/fit.py": "print(1)\n", "steps/answer.py": "print(2)\n"}
    graph = understand(files)
    assert [
        (edge.source.rpartition("#")[2], edge.target) for edge in graph.edges("runs") if "step:" in edge.source
    ] == [
        ("Again", "file:steps/fit.py"),
        ("Fit", "file:steps/fit.py"),
    ]
    assert {edge.target for edge in graph.links_from("file:build.py", "registers")} == {"model:churn"}


def test_a_graph_of_operations_that_makes_an_asset_is_a_pipeline(understand: Understand) -> None:
    graph = understand({"work/__init__.py": "", "work/assets.py": GRAPHED, "work/ops.py": OPS})
    steps = {edge.target.rpartition("#")[2] for edge in graph.links_from("pipeline:work/assets.py#model", "has step")}
    assert {"clean", "fit"} <= steps
    assert not graph.links_from("pipeline:work/ops.py#other", "has step")


def test_an_alias_is_no_name_of_a_model(understand: Understand) -> None:
    text = (
        "import mlflow\nfrom mlflow import MlflowClient\n\n\ndef promote(name, run):\n"
        "    mlflow.register_model(f'runs:/{run}/model', name)\n"
        "    MlflowClient().set_registered_model_alias(name, 'champion', '3')\n"
        "    MlflowClient().set_registered_model_alias('churn', 'champion', '3')\n"
    )
    graph = understand({"promote.py": text})
    assert {edge.target for edge in graph.edges("registers")} == {"model:churn"}


COMPONENTS = """
from pathlib import Path
from kfp import dsl
from kfp.components import load_component_from_file

HERE = Path(__file__).parent
load_op = load_component_from_file(HERE / "components" / "load.yaml")
fit_op = load_component_from_file("components/fit.yaml")


@dsl.pipeline(name="weekly")
def weekly():
    first = load_op(name="a")
    second = load_op(name="b").after(first)
    fit = fit_op(data=second.outputs["data"]).set_cpu_limit("2").after(first)
    load_op(name="c").after(fit)
"""
COMPONENT = """
name: {name}
outputs: [{{name: data}}]
implementation:
  container:
    image: acme/{name}:1
    command: [python, /app/{name}.py, {{outputPath: data}}]
"""


def test_components_in_files_are_the_steps_that_calls_of_them_make(tmp_path: Path) -> None:
    files = {f"components/{name}.yaml": COMPONENT.format(name=name) for name in ("load", "fit")}
    made = graph(tmp_path, {"pipe.py": COMPONENTS, **files, "load.py": "import pandas\n", "fit.py": "import sklearn\n"})
    assert steps(made) == {
        "load": [],
        "load-2": ["load"],
        "fit": ["load", "load-2"],
        "load-3": ["fit"],
    }
    runs = {(edge.source, edge.target) for edge in made.edges("runs")}
    assert runs >= {
        ("step:pipe.py#load-3", "file:components/load.yaml"),
        ("step:pipe.py#fit", "file:components/fit.yaml"),
        ("file:components/fit.yaml", "image:acme/fit"),
        ("file:components/fit.yaml", "file:fit.py"),
    }
