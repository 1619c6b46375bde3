"""The catalogue: its grammar, its entries, and what facts it recognises, the traps above all."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from mlops_scan.scanner import catalog
from mlops_scan.scanner.catalog import Catalog, Match, Strength, schema, tools
from mlops_scan.scanner.catalog.signature import SignatureError, parse, prefixes
from mlops_scan.scanner.catalog.vocabulary import CAPABILITIES, REFERENCES, ROLES
from mlops_scan.scanner.model import Fact, Location

DOCS = Path(__file__).parent.parent / "docs" / "catalog.md"


def fact(kind: str, name: str, path: str = "src/app.py", **says: Any) -> Fact:
    return Fact(kind, name, Location(path), says)


def call(name: str, *args: Any, **kwargs: Any) -> Fact:
    return fact("call", name, args=list(args), kwargs=kwargs)


def command(line: str, **says: Any) -> Fact:
    argv = line.split()
    return fact("command", argv[0], argv=argv, **says)


def shown(one: Fact, strength: Strength = Strength.MEDIUM) -> set[str]:
    """`tool key` of every match of at least that strength."""
    return {
        f"{match.tool} {match.role or match.capability}"
        for match in catalog.load().matches(one)
        if match.strength >= strength
    }


def keys(one: Fact, strength: Strength = Strength.MEDIUM) -> set[str]:
    return {text.split()[1] for text in shown(one, strength)}


def match(one: Fact, key: str) -> Match:
    return next(found for found in catalog.load().matches(one) if key in (found.role, found.capability))


def made(folder: Path, text: str, theme: str = "serving") -> Catalog:
    (folder / f"{theme}.yaml").write_text(text)
    return catalog.load_folder(folder)


# -- entries


def test_every_entry_keeps_the_schema() -> None:
    assert list(schema.problems(tools.folder())) == []


def test_every_role_is_played_by_something() -> None:
    known = catalog.load()
    assert [role for role in ROLES if not known.roles(role)] == []


def test_manual_names_every_prefix_role_and_capability() -> None:
    manual = DOCS.read_text()
    words = (
        *(f"`{prefix}:`" for prefix in prefixes()),
        *(f"`{word}`" for word in (*ROLES, *CAPABILITIES, *REFERENCES)),
    )
    assert [word for word in words if word not in manual] == []


def test_every_absence_can_say_what_was_looked_for() -> None:
    known = catalog.load()
    assert [capability for capability in CAPABILITIES if len(known.looked_for(capability)) < 3] == []


def test_three_lines_add_a_tool(tmp_path: Path) -> None:
    known = made(
        tmp_path,
        "- id: sample-server\n"
        "  pypi: [sample-server]\n"
        '  roles: {model-server: ["cli:sample start", "img:sample/server"]}\n',
    )
    assert [(found.tool, found.role) for found in known.matches(command("sample start --port 80"))] == [
        ("sample-server", "model-server")
    ]
    assert known.tool("sample-server").name == "sample-server"
    assert known.tool("sample-server").capabilities == ("serving",)


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("- id: a\n  sig:\n    serving: ['nope:x']\n", 3, "unknown prefix"),
        ("- id: a\n  sig:\n    servings: ['py:x.y']\n", 3, "unknown capability 'servings'"),
        ("- id: a\n  roles:\n    serve: ['py:x.y']\n", 3, "unknown role 'serve'"),
        ("- id: a\n  import_prove: true\n", 2, "unknown key 'import_prove'"),
        ("- id: a\n  status: dead\n", 2, "unknown status 'dead'"),
        ("- id: a\n  pypi: [My_Package]\n", 2, "not a normalised distribution name"),
        ("- id: a\n  roles:\n    trains:\n      - {sig: 'py:x.fit', when: now}\n", 4, "unknown key 'when'"),
        (
            "- id: a\n  roles:\n    unsafe-load:\n      - {sig: 'py:x.load', safe_when: [weights_only]}\n",
            4,
            "no condition",
        ),
        ("- id: a\n- id: a\n", 2, "stands in serving.yaml already"),
        ("- id: a\n  capabilities: [alerting]\n", 1, "its first capability is 'alerting'"),
        ("- id: a\n  sig:\n    serving: ['py:x.y', 'py:x.y']\n", 3, "twice"),
        ("- name: nobody\n", 1, "without id"),
        ("nothing\n", 1, "not a list"),
    ],
)
def test_schema_names_file_and_line(tmp_path: Path, text: str, line: int, complaint: str) -> None:
    (tmp_path / "serving.yaml").write_text(text)
    found = list(schema.problems(tmp_path))
    assert any(one.startswith(f"serving.yaml:{line}: ") and complaint in one for one in found), found


def test_schema_wants_files_named_after_capabilities(tmp_path: Path) -> None:
    (tmp_path / "servers.yaml").write_text("- id: a\n  status: active\n  source: [x]\n  capabilities: [serving]\n")
    assert list(schema.problems(tmp_path)) == ["servers.yaml:1: the file is named after no capability"]


@pytest.mark.parametrize(
    "text",
    [
        "py",
        "kw:a.b(c=)",
        "py:a b",
        "py:a.b(c)",
        "k8s:Deployment",
        "k8s:apps/Deployment .spec[",
        "tf:aws_x .a.",
        "cfg:file",
        "img:a/b c",
        "env:A-B",
        "cli:--flag",
        "helm:url chart",
        "metric:a b",
        "file:a b",
        "gha:a b",
    ],
)
def test_what_is_no_signature_is_refused(text: str) -> None:
    with pytest.raises(SignatureError):
        parse(text)


def test_braces_are_alternatives() -> None:
    assert [one.name for one in parse("py:{a,b.c}.d.{e,f}")] == ["a.d.e", "a.d.f", "b.c.d.e", "b.c.d.f"]
    assert [one.name for one in parse("tf:x_{a,b} .c")] == ["x_a", "x_b"]


# -- calls


def test_wildcard_segments() -> None:
    assert "trains" in keys(call("sklearn.svm.SVC.fit"))
    assert "trains" in keys(call("sklearn.pipeline.make_pipeline.fit"))
    assert "trains" not in keys(call("sklearn.preprocessing.StandardScaler.fit"))
    assert "trains" not in keys(call("sklearn.svm.SVC.fit.extra"))


def test_logging_a_model_registers_none() -> None:
    assert "model-registry" not in keys(call("mlflow.sklearn.log_model", "model", "name"))
    assert "model-registry" not in keys(call("mlflow.sklearn.log_model", "m", registered_model_name=None))
    assert keys(call("mlflow.sklearn.log_model", "m", "p", registered_model_name="fraud")) >= {
        "model-registry",
        "registers-model",
        "promotes",
        "persists-model",
    }


def test_registry_load_is_told_from_a_run_artifact() -> None:
    assert "registry-load" in keys(call("mlflow.pyfunc.load_model", "models:/fraud/Production"))
    parts = {"expr": "f'models:/{name}@champion'", "parts": ["models:/", "@champion"]}
    assert "registry-load" in keys(call("mlflow.pyfunc.load_model", model_uri=parts))
    resolved = {"expr": "MODEL_URI", "name": "settings.MODEL_URI", "const": "models:/fraud/3"}
    assert "registry-load" in keys(call("mlflow.pyfunc.load_model", resolved))
    assert "registry-load" not in keys(call("mlflow.pyfunc.load_model", "runs:/abc/model"))
    assert "loads-model" in keys(call("mlflow.pyfunc.load_model", "runs:/abc/model"))


def test_event_files_keep_the_curves_of_a_run() -> None:
    writer = call("torch.utils.tensorboard.SummaryWriter")
    assert "experiment-tracking" in keys(writer)
    assert "experiment-tracking" not in keys(call("torch.utils.tensorboard.compat.tf"))


def test_switched_off_by_an_argument() -> None:
    assert match(call("wandb.init", mode="disabled"), "experiment-tracking").off
    assert not match(call("wandb.init", project="p"), "experiment-tracking").off


@pytest.mark.parametrize(
    ("one", "safe"),
    [
        (call("torch.load", "m.pt"), False),
        (call("torch.load", "m.pt", weights_only=True), True),
        (call("torch.load", "m.pt", weights_only=False), False),
        (call("yaml.load", "f"), False),
        (call("yaml.load", "f", {"expr": "yaml.SafeLoader", "name": "yaml.SafeLoader"}), True),
        (call("yaml.load", "f", Loader={"expr": "Loader", "name": "yaml.Loader"}), False),
        (call("joblib.load", "m.joblib"), False),
    ],
)
def test_unsafe_loads_and_what_makes_them_safe(one: Fact, safe: bool) -> None:
    assert match(one, "unsafe-load").safe is safe


def test_safe_loads_are_no_unsafe_loads() -> None:
    assert "unsafe-load" not in keys(call("yaml.safe_load", "f"))
    assert "unsafe-load" not in keys(call("numpy.load", "a.npy"))
    assert "unsafe-load" in keys(call("numpy.load", "a.npy", allow_pickle=True))
    assert "unsafe-load" not in keys(call("safetensors.torch.load_file", "m.safetensors"))


def test_a_match_reads_the_arguments_it_names() -> None:
    one = call("transformers.AutoModel.from_pretrained", "org/name", revision="main")
    found = match(one, "loads-hub-model")
    assert (found.argument(one, "id"), found.argument(one, "revision")) == ("org/name", "main")
    piped = call("transformers.pipeline", "text-generation", model="org/name")
    found = match(piped, "loads-hub-model")
    assert found.argument(piped, "id") == "org/name"
    assert not found.given(piped, "revision")


def test_a_constant_mapping_passes_its_keys() -> None:
    one = call("sklearn.ensemble.RandomForestRegressor", **{"**": {"expr": "params", "const": {"random_state": 0}}})
    assert match(one, "splits-randomly").given(one, "seed")


def test_what_a_receiver_was_made_with() -> None:
    ecs = fact("call", "boto3.client.update_service", receiver_args=["ecs"])
    other = fact("call", "boto3.client.update_service", receiver_args=["servicediscovery"])
    assert "deploys" in keys(ecs)
    assert "deploys" not in keys(other)


def test_timeouts() -> None:
    assert not match(call("requests.get", "http://x"), "http-client").safe
    assert not match(call("requests.get", "http://x", timeout=None), "http-client").safe
    assert match(call("requests.get", "http://x", timeout=3), "http-client").safe
    assert match(call("httpx.get", "http://x"), "http-client").safe  # has a default
    assert not match(call("httpx.get", "http://x", timeout=None), "http-client").safe


def test_a_method_of_any_object_gives_way_to_what_is_known() -> None:
    assert shown(call("model.fit", "x", "y")) == {"estimator-calls trains"}
    assert "estimator-calls trains" not in shown(call("sklearn.svm.SVC.fit", "x", "y"))
    assert "trains" not in keys(call("encoder.fit", "x"))


def test_pushing_a_data_set_registers_no_model() -> None:
    assert "registers-model" in keys(call("transformers.AutoModel.from_pretrained.push_to_hub", "org/m"))
    assert "registers-model" in keys(call("merged_model.push_to_hub", "org/m"))
    assert "registers-model" not in keys(call("datasets.load_dataset.push_to_hub", "org/d"))
    assert "registers-model" not in keys(call("data.push_to_hub", "org/d"))


def test_default_schedule_is_no_schedule() -> None:
    assert "schedules" not in keys(call("airflow.DAG", "d", schedule=None))
    assert "schedules" in keys(call("airflow.DAG", "d", schedule="@daily"))


def test_bases_of_classes() -> None:
    assert "request-body" in keys(fact("class", "Payload", bases=["pydantic.BaseModel"]))
    assert "pipeline-definition" in keys(fact("class", "Flow", bases=["metaflow.FlowSpec"]))


def test_a_stub_of_a_drift_check_is_none() -> None:
    assert "drift-monitoring" in keys(fact("function", "jobs.Monitor.check_drift"))
    assert keys(fact("function", "check_drift", stub=True)) == set()


# -- imports and packages


def test_a_requirement_alone_is_only_declared() -> None:
    for match_ in catalog.load().matches(fact("package", "evidently", specifier="")):
        assert match_.strength is Strength.WEAK
        assert match_.capability == "drift-monitoring"  # what it is for, not all it can do


def test_a_locked_package_says_nothing() -> None:
    assert keys(fact("locked", "prometheus-client", version="1"), Strength.WEAK) == set()


def test_import_proves_only_where_it_says_so() -> None:
    assert keys(fact("import", "pandera", names=["DataFrameModel"])) == {"data-validation"}
    assert keys(fact("import", "mlflow")) == set()
    assert keys(fact("import", "mlflow"), Strength.WEAK) == {"experiment-tracking"}


def test_names_that_mean_something_else() -> None:
    assert keys(fact("package", "triton"), Strength.WEAK) == set()  # the kernel compiler, not the server
    assert keys(fact("import", "triton"), Strength.WEAK) == set()
    assert keys(fact("import", "dynamo"), Strength.WEAK) == set()
    assert keys(fact("package", "text-generation"), Strength.WEAK) == set()  # a client
    assert keys(fact("package", "flask"), Strength.WEAK) == set()  # serves anything
    assert keys(fact("import", "ts"), Strength.WEAK) == set()
    assert "serving" in keys(fact("import", "ray", names=["serve"]), Strength.WEAK)
    assert "serving" not in keys(fact("import", "ray", names=["tune"]), Strength.WEAK)
    assert keys(fact("package", "boto3"), Strength.WEAK) == set()


# -- commands


@pytest.mark.parametrize(
    "line",
    [
        "helm upgrade --install api ./chart --atomic",
        "helm -n prod upgrade api ./chart --atomic --wait",
        "helm --kube-context=prod upgrade --atomic api ./chart",
    ],
)
def test_options_stand_anywhere(line: str) -> None:
    assert {"rollback", "deploys"} <= keys(command(line))


def test_words_keep_their_order() -> None:
    assert "rollback" not in keys(command("helm upgrade --install api ./chart"))
    assert "deploys" not in keys(command("helm lint upgrade"))
    assert "deploys" not in keys(command("kubectl get pods apply"))
    assert "deploys" in keys(command("kubectl --context prod -n x apply -f k8s/"))


def test_modules_are_programs() -> None:
    assert "model-server" in keys(command("python -m vllm.entrypoints.openai.api_server --model m"))
    assert "runs-tests" in keys(command("python -m pytest -q"))
    assert "model-server" not in keys(command("python serve.py -m vllm.entrypoints.openai.api_server"))


def test_traffic_of_one_is_not_gradual() -> None:
    one = "az ml online-endpoint update --name e --traffic"
    assert "gradual-rollout" not in keys(command(f"{one} blue=100"))
    split = fact("command", "az", argv=[*one.split(), "blue=90 green=10"])
    assert "gradual-rollout" in keys(split)


def test_values_of_options() -> None:
    assert "serving-platform" in keys(command("kubectl apply -f https://github.com/kserve/kserve/releases/x.yaml"))
    assert "serving-platform" not in keys(command("kubectl delete -f https://github.com/kserve/kserve/releases/x.yaml"))
    assert "serving-platform" not in keys(command("kubectl apply -f k8s/app.yaml"))


def test_publishing_a_package_is_no_deployment() -> None:
    for line in ("twine upload dist/*", "poetry publish", "helm push chart.tgz oci://r"):
        assert keys(command(line)) == {"publishes-package"}


def test_tests_are_no_gate() -> None:
    assert keys(command("pytest tests")) == {"runs-tests"}


# -- images, charts, resources


@pytest.mark.parametrize(
    "repository",
    ["vllm/vllm-openai", "docker.io/vllm/vllm-openai", "123.dkr.ecr.eu-west-1.amazonaws.com/mirror/vllm/vllm-openai"],
)
def test_images_match_in_mirrors(repository: str) -> None:
    assert "vllm model-server" in shown(fact("image", repository))


def test_images_match_whole_segments() -> None:
    assert keys(fact("image", "acme/not-vllm-openai")) == set()
    assert "model-server" not in keys(fact("image", "acme/nim/tool"))  # a wildcard needs its registry
    assert "model-server" in keys(fact("image", "nvcr.io/nim/meta/llama3"))


def test_charts_of_commands_dependencies_and_releases() -> None:
    chart = "kube-prometheus-stack"
    url = "https://prometheus-community.github.io/helm-charts"
    release = fact("resource", "p", platform="terraform", type="helm_release", data={"chart": chart, "repository": url})
    application = fact(
        "resource",
        "p",
        platform="kubernetes",
        type="argoproj.io/Application",
        data={"spec": {"source": {"chart": chart, "repoURL": url}}},
    )
    flux = fact(
        "resource",
        "p",
        platform="kubernetes",
        type="helm.toolkit.fluxcd.io/HelmRelease",
        data={"spec": {"chart": {"spec": {"chart": chart}}}},
    )
    dependency = fact("chart", "mine", dependencies=[{"name": chart, "repository": url + "/"}])
    for one in (command(f"helm install p prometheus-community/{chart} -n x"), release, application, flux, dependency):
        assert "infra-monitoring" in keys(one)
    assert "infra-monitoring" not in keys(
        fact("chart", "c", dependencies=[{"name": chart, "repository": "https://x.y"}])
    )
    assert "infra-monitoring" not in keys(command(f"helm install p ./charts/{chart}"))


def test_a_dependency_whose_condition_is_false_is_off() -> None:
    dependency = {"name": "grafana", "repository": "", "condition": "grafana.enabled"}
    off = fact("chart", "c", dependencies=[dependency], values={"grafana": {"enabled": False}})
    on = fact("chart", "c", dependencies=[dependency], values={"grafana": {"enabled": True}})
    assert match(off, "infra-monitoring").off
    assert not match(on, "infra-monitoring").off


def test_one_of_two_dependencies_in_effect_is_enough() -> None:
    two = [{"name": "grafana", "condition": "a.enabled"}, {"name": "grafana", "condition": "b.enabled", "alias": "b"}]
    values = {"a": {"enabled": False}, "b": {"enabled": True}}
    assert not match(fact("chart", "c", dependencies=two, values=values), "infra-monitoring").off


def test_kinds_of_models() -> None:
    assert match(call("transformers.AutoModelForCausalLM.from_pretrained", "m"), "loads-hub-model").kinds == ("llm",)
    assert match(call("transformers.pipeline", "text-generation"), "predicts").kinds == ("llm",)
    assert "nlp" in match(call("transformers.pipeline", "sentiment-analysis"), "predicts").kinds
    assert match(call("sklearn.svm.SVC.fit", "x"), "trains").kinds == ("classical",)


def kubernetes(kind: str, **spec: Any) -> Fact:
    return fact("resource", "r", platform="kubernetes", type=kind, data={"spec": spec})


def terraform(kind: str, **data: Any) -> Fact:
    return fact("resource", "r", platform="terraform", type=kind, data=data)


def test_attributes_decide() -> None:
    one = [{"route": [{"weight": 100}]}]
    two = [{"route": [{"weight": 90}, {"weight": 10}]}]
    assert "gradual-rollout" not in keys(kubernetes("networking.istio.io/VirtualService", http=one))
    assert "gradual-rollout" in keys(kubernetes("networking.istio.io/VirtualService", http=two))
    assert "cost-controls" in keys(kubernetes("keda.sh/ScaledObject", minReplicaCount=0))
    assert "cost-controls" not in keys(kubernetes("keda.sh/ScaledObject", minReplicaCount=2))
    assert "cost-controls" in keys(kubernetes("keda.sh/ScaledObject", triggers=[{"type": "cpu"}, {"type": "cron"}]))
    assert "load-balancing" not in keys(kubernetes("core/Service", type="ClusterIP"))


def test_what_alerts_somebody() -> None:
    assert "alerting" in keys(terraform("aws_cloudwatch_metric_alarm", alarm_actions=["arn"]))
    assert "alerting" not in keys(terraform("aws_cloudwatch_metric_alarm", alarm_actions=[]))
    assert "alerting" not in keys(kubernetes("monitoring.coreos.com/PrometheusRule"))
    assert "infra-monitoring" in keys(fact("alert", "up", type="record", expr="avg(DCGM_FI_DEV_GPU_UTIL) by (pod)"))


def test_kinds_of_the_same_name() -> None:
    assert "argo-rollouts ab-testing" in shown(kubernetes("argoproj.io/Experiment"))
    assert shown(kubernetes("kubeflow.org/Experiment")) >= {"hpo hyperparameter-tuning"}
    assert "deployment-automation" not in keys(kubernetes("kustomize.config.k8s.io/Kustomization"))
    assert "deployment-automation" in keys(kubernetes("kustomize.toolkit.fluxcd.io/Kustomization"))


def test_raw_manifests_are_no_infrastructure_as_code() -> None:
    for kind in ("apps/Deployment", "core/Service", "policy/PodDisruptionBudget"):
        assert not keys(kubernetes(kind)) & {"infrastructure-as-code", "disaster-recovery"}


def test_annotations_and_their_values() -> None:
    mark = {"prometheus.io/scrape": "true"}
    assert "infra-monitoring" in keys(fact("workload", "w", annotations=mark))
    assert "infra-monitoring" in keys(fact("resource", "r", platform="kubernetes", type="core/Pod", annotations=mark))
    assert "infra-monitoring" not in keys(fact("workload", "w", annotations={"prometheus.io/scrape": "false"}))
    assert "infra-monitoring" in keys(fact("workload", "w", annotations={"prometheus.io/scrape": True}))


# -- the rest


def test_a_tool_installed_by_a_cloud_company_is_no_cloud() -> None:
    assert "uses-cloud" not in keys(fact("action", "azure/setup-helm"))
    assert "uses-cloud" in keys(fact("action", "azure/login"))


def test_actions_whatever_their_version_and_path() -> None:
    assert "builds-image" in keys(fact("action", "docker/build-push-action", ref="v5"))
    for push in (True, False):
        says: dict[str, Any] = {"with": {"push": push}}
        assert ("pushes-image" in keys(fact("action", "docker/build-push-action", **says))) is push
    assert "uses-cloud" in keys(fact("action", "google-github-actions/auth"))


def test_a_secret_in_ci_is_no_store() -> None:
    one = fact("env", "AWS_SECRET_ACCESS_KEY", value=None, where="ci", secret_ref="AWS_SECRET_ACCESS_KEY")
    assert "secrets-management" not in keys(one)


def test_variables() -> None:
    assert "experiment-tracking" in keys(fact("env", "WANDB_PROJECT", value="p"))
    assert "experiment-tracking" not in keys(fact("env", "WANDB_PROJECT", value=""))
    assert "llm-observability" not in keys(fact("env", "LANGCHAIN_TRACING_V2", value="false"))
    assert "llm-observability" in keys(fact("env", "LANGCHAIN_TRACING_V2", ".env", value="true"))
    assert keys(fact("env", "LANGCHAIN_TRACING_V2", "app/.env.example", value="true")) == set()
    assert "model-registry" not in keys(fact("env", "MODEL_REGISTRY", value="/models"))


def test_settings() -> None:
    wanted = catalog.load().setting_keys("services/api/dvc.yaml")
    assert "artifacts.*.type" in wanted
    one = fact("setting", "artifacts.clf.type", "dvc.yaml", value="model", file_format="yaml")
    assert "model-registry" in keys(one)
    assert "model-registry" not in keys(fact("setting", "artifacts.clf.type", "dvc.yaml", value="dataset"))
    assert "model-registry" not in keys(fact("setting", "artifacts.clf.type", "other.yaml", value="model"))


def test_files() -> None:
    paths = ["a/data.csv.dvc", "svc/.dvc/config", "README.md", "config", "triton/m/config.pbtxt", "src/train.py"]
    found = {(path, one.tool) for path, one in catalog.load().file_matches(paths)}
    assert found == {("a/data.csv.dvc", "dvc"), ("svc/.dvc/config", "dvc"), ("triton/m/config.pbtxt", "triton")}


@pytest.mark.parametrize(
    ("module", "distribution"),
    [
        ("sklearn.svm", "scikit-learn"),
        ("cv2", "opencv-python"),
        ("yaml", "pyyaml"),
        ("PIL.Image", "pillow"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("azure.ai.ml.entities", "azure-ai-ml"),
        ("some_package.sub", "some-package"),
    ],
)
def test_distributions_of_imports(module: str, distribution: str) -> None:
    assert catalog.load().distribution_for(module) == distribution


def test_odd_facts_match_nothing() -> None:
    odd: list[Fact] = [
        fact("call", "", args=None, kwargs=None),
        fact("command", ""),
        fact("command", "x", argv=[]),
        fact("resource", "r", platform="kubernetes", type=None, data="text"),
        fact("resource", "r", platform="terraform", type="helm_release", data={"chart": {"expr": "var.c"}}),
        fact("resource", "r", platform="kubernetes", type="keda.sh/ScaledObject", data=[1, None, {"spec": 3}]),
        fact("chart", "c", dependencies=["x", {"name": None, "condition": 3}], values=[1]),
        fact("image", ""),
        fact("image", "/"),
        fact("env", "", value=None),
        fact("alert", "a", expr=None),
        fact("class", "C", bases=[None]),
        fact("workload", "w", annotations=["x"]),
        fact("unheard-of", "x"),
    ]
    for one in odd:
        assert isinstance(catalog.load().matches(one), tuple)


def test_the_same_fact_gives_the_same_matches_in_order() -> None:
    one = call("mlflow.sklearn.log_model", "m", registered_model_name="n")
    first = catalog.load().matches(one)
    assert [found.key for found in first] == sorted({found.key for found in first})
    assert first == catalog.load_folder(tools.folder()).matches(one)


def test_many_calls_are_cheap() -> None:
    known = catalog.load()
    facts = [call(f"package{index % 4000}.module.Name.method", 1, a=2) for index in range(50_000)]
    started = time.process_time()
    for one in facts:
        known.matches(one)
    assert time.process_time() - started < 20  # measured: 0.06 s
