"""Steps of CI that are named for something and do nothing for it, and those that do what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from mlops_scan.scanner.graph import Graph
from mlops_scan.scanner.model import Status

Understand = Callable[[Mapping[str, str]], Graph]

TRAIN = {"train.py": "import joblib\nfrom sklearn.linear_model import Ridge\n\n"
         "joblib.dump(Ridge().fit([[0.0]], [0.0]), 'm.joblib')\n"}  # fmt: skip
WORKFLOW = ".github/workflows/cd.yml"
PRINTS = "all it does is print"


def steps(*named: tuple[str, str]) -> dict[str, str]:
    """A workflow that trains, then runs these steps."""
    text = "on: push\njobs:\n  work:\n    runs-on: ubuntu-24.04\n    steps:\n      - run: python train.py\n"
    for name, run in named:
        body = "".join(f"          {line}\n" for line in run.split("\n"))
        text += f"      - name: {name}\n        run: |\n{body}"
    return {**TRAIN, WORKFLOW: text}


def without_effect(graph: Graph, capability: str) -> list[tuple[str, str]]:
    return [(one.what, one.why) for one in graph.evidence(capability, Status.DISABLED)]


@pytest.mark.parametrize(
    ("capability", "name", "run", "why"),
    [
        ("evaluation-gate", "Validate model against champion", 'echo "accuracy check passed"', PRINTS),
        ("evaluation-gate", "Check accuracy threshold", "python -c \"print('fine')\"", PRINTS),
        ("evaluation-gate", "Evaluate", "# python evaluate.py", "it holds no command that does anything"),
        ("evaluation-gate", "Evaluate", "python score_it.py || true", "its failure is ignored"),
        ("deployment-automation", "Deploy to production", "echo kubectl apply -f k8s\nsleep 3", PRINTS),
        ("deployment-automation", "Deploy", "./deliver.sh --dry-run", "it is told to change nothing ('--dry-run')"),
        ("rollback", "Rollback", "echo 'rolling back' >&2\nexit 0", PRINTS),
        ("drift-monitoring", "Run drift check", "echo checking drift", PRINTS),
        ("data-validation", "Validate the data", "sleep 5", "all it does is wait"),
        ("retraining-trigger", "Retrain", "true", "it holds no command that does anything"),
        ("gradual-rollout", "Canary", "cat <<EOF\n10 percent\nEOF", PRINTS),
    ],
)
def test_a_step_that_does_nothing(understand: Understand, capability: str, name: str, run: str, why: str) -> None:
    graph = understand(steps((name, run), ("Tell", "echo done")))
    assert without_effect(graph, capability) == [(f"step '{name}' is named for that", why)]
    assert not graph.has(capability)


@pytest.mark.parametrize(
    ("capability", "name", "run"),
    [
        ("evaluation-gate", "Evaluate changed files", "echo 'x=1' >> $GITHUB_OUTPUT"),
        ("evaluation-gate", "Evaluate", "echo low\nexit 1"),
        ("evaluation-gate", "Evaluation summary", "echo all good"),
        ("deployment-automation", "Deploy", "echo $TOKEN | tool login"),
        ("deployment-automation", "Deploy", "./deliver.sh --dry-run=false"),
        ("rollback", "Rollback", "./deliver.sh || true"),
        ("deployment-automation", "Set up deploy tools", "pip install tool\necho ready"),
    ],
)
def test_a_step_that_does_something_or_tells(understand: Understand, capability: str, name: str, run: str) -> None:
    assert without_effect(understand(steps((name, run))), capability) == []


def test_nothing_is_said_beside_the_real_thing(understand: Understand) -> None:
    graph = understand(steps(("Deploy", "echo deploying"), ("Apply", "kubectl apply -f k8s")))
    assert graph.has("deployment-automation") and not without_effect(graph, "deployment-automation")


@pytest.mark.parametrize(
    ("run", "files"),
    [
        ("make deploy", {"Makefile": "deploy:\n\t@echo deploying\n"}),
        ("just deploy", {"justfile": "deploy:\n    echo deploying\n"}),
        ("npm run deploy", {"package.json": '{"scripts": {"deploy": "echo deploying"}}'}),
        ("bash ship.sh", {"ship.sh": "#!/bin/sh\nset -e\necho deploying\n"}),
    ],
)
def test_a_target_or_script_that_only_prints(understand: Understand, run: str, files: dict[str, str]) -> None:
    ((what, why),) = without_effect(understand({**steps(("Deploy", run)), **files}), "deployment-automation")
    assert what == "step 'Deploy' is named for that" and why.startswith("all that '") and "print" in why


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (
            "Jenkinsfile",
            "pipeline { agent any\n stages {\n stage('Deploy') {\n steps { echo 'Deploying....' }\n }\n } }\n",
        ),
        (".gitlab-ci.yml", "deploy:\n  script:\n    - echo deploying\n"),
        ("azure-pipelines.yml", "trigger: [main]\nsteps:\n  - script: echo x\n    displayName: Deploy\n"),
        (
            ".circleci/config.yml",
            "jobs:\n  a:\n    docker: [{image: x}]\n    steps: [{run: {name: Deploy, command: echo x}}, {run: make}]\n"
            "workflows: {w: {jobs: [a]}}\n",
        ),
    ],
)
def test_other_services(understand: Understand, path: str, text: str) -> None:
    found = without_effect(understand({**TRAIN, path: text}), "deployment-automation")
    assert [why for _, why in found] == [PRINTS] and "deploy" in found[0][0].lower()


@pytest.mark.parametrize(
    ("run", "status", "why"),
    [
        ('if [ "$ACC" -lt 80 ]; then\n  echo low\nfi', Status.DISABLED, "what follows is a line in a log"),
        ('if (( $(echo "$F1 < 0.8" | bc) )); then echo low; fi', Status.DISABLED, "what follows is a line in a log"),
        ('test "$ACC" -gt 80 || echo low', Status.DISABLED, "its failure is ignored"),
        ('if [ "$ACC" -lt 80 ]; then\n  echo low\n  exit 1\nfi', Status.USED, ""),
        ('if [[ $ACC > 0.8 ]]; then ./publish.sh; fi', Status.USED, ""),
        ('test "$ACC" -gt 80', Status.USED, ""),
        ('jq -e ".f1 > 0.8" metrics.json', Status.USED, ""),
    ],
)  # fmt: skip
def test_gates_of_shell_text(understand: Understand, run: str, status: Status, why: str) -> None:
    graph = understand(steps(("Check", run)))
    assert [(one.status, one.why) for one in graph.evidence("evaluation-gate", *Status)] == [(status, why)]


@pytest.mark.parametrize(
    "run", ['[ "$COUNT" -gt 3 ]', "pylint x\ntest $score -gt 8", 'test -f "$metrics"', "jq .f1 m.json"]
)
def test_other_comparisons_of_shell_text(understand: Understand, run: str) -> None:
    assert not understand(steps(("Check", run))).evidence("evaluation-gate", *Status)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("run: helm upgrade a b --dry-run", "it is told to change nothing ('--dry-run')"),
        ("run: kubectl apply --dry-run=client -f k8s", "it is told to change nothing ('--dry-run=client')"),
        ("run: terraform plan", "it shows what would change, and changes nothing"),
        ("run: python deploy.py --dry-run", f"it is told to change nothing where it runs ('--dry-run', {WORKFLOW}:7)"),
    ],
)  # fmt: skip
def test_trial_runs_of_a_deployment(understand: Understand, line: str, why: str) -> None:
    files = steps()
    files[WORKFLOW] += f"      - {line}\n"
    files["deploy.py"] = "import boto3\n\nboto3.client('sagemaker').create_endpoint(EndpointName='x')\n"
    found = without_effect(understand(files), "deployment-automation")
    assert [one for _, one in found] == [why]


def test_a_workflow_in_which_everything_is_for_show(understand: Understand) -> None:
    graph = understand({**TRAIN, WORKFLOW: "on: push\njobs:\n  test:\n    steps: [{run: echo ok}]\n"})
    assert [why for _, why in without_effect(graph, "ci-cd")] == ["all that its jobs do is print", PRINTS]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("    pass\n", "its function does nothing"),
        ("    print('all good')\n", "all that its function does is print"),
        ("    validate(x)\n    print('all good')\n", ""),
        ("    print(validate(x))\n", ""),
    ],
)
def test_a_task_of_a_pipeline_that_does_nothing(understand: Understand, body: str, why: str) -> None:
    dag = (
        "from airflow import DAG\nfrom airflow.operators.python import PythonOperator\nfrom checks import validate\n\n"
    )
    dag += f"def validate_model(x=None):\n{body}\nwith DAG('d') as dag:\n"
    dag += "    check = PythonOperator(task_id='validate_model', python_callable=validate_model)\n"
    graph = understand({**TRAIN, "dags/d.py": dag, "checks.py": "def validate(x):\n    return x\n"})
    assert [one for _, one in without_effect(graph, "evaluation-gate")] == ([why] if why else [])


EVALUATE = (
    "import sys\nimport joblib\nfrom sklearn.metrics import accuracy_score\n\n\ndef main():\n"
    "    model = joblib.load('m.joblib')\n    acc = accuracy_score([0], model.predict([[1]]))\n"
    "    if acc < 0.8:\n        {stop}\n    return 0\n\n\nif __name__ == '__main__':\n    {start}\n"
)
ONE_JOB = "on: push\njobs:\n  t:\n    runs-on: x\n    steps:\n"
FIT, JUDGE, SHIP = (
    f"      - run: {run}\n" for run in ("python train.py", "python evaluate.py", "kubectl apply -f k8s")
)
TWO_JOBS = (
    "on: push\njobs:\n  e:\n    runs-on: x\n    steps:\n" + FIT + JUDGE + "  d:\n    needs: e\n{when}    runs-on: x\n"
    "    steps:\n" + SHIP
)
LEAVES, STARTS = "return 1", "sys.exit(main())"


@pytest.mark.parametrize(
    ("workflows", "stop", "start", "why"),
    [
        ({"w": ONE_JOB + FIT + JUDGE + SHIP}, LEAVES, STARTS, ""),
        ({"w": ONE_JOB + FIT + JUDGE + SHIP}, "sys.exit('too low')", "main()", ""),
        ({"w": ONE_JOB + FIT + JUDGE + SHIP}, "sys.exit(0)", "main()", "the program ends as if all were well"),
        ({"w": ONE_JOB + FIT + JUDGE + SHIP}, LEAVES, "main()", "nobody reads what 'main' returns (evaluate.py:15)"),
        ({"w": ONE_JOB + FIT + JUDGE + SHIP}, LEAVES, "print(main())", ""),
        ({"w": ONE_JOB + FIT + SHIP + JUDGE}, LEAVES, STARTS, "what ships comes before it (.github/workflows/w.yml:7)"),
        ({"w": TWO_JOBS.format(when="")}, LEAVES, STARTS, ""),
        (
            {"w": TWO_JOBS.format(when="    if: ${{ always() }}\n")},
            LEAVES,
            STARTS,
            "job 'd' ships without waiting for it (.github/workflows/w.yml:8)",
        ),
        (
            {"w": TWO_JOBS.format(when="    if: always() && needs.e.result == 'success'\n")},
            LEAVES,
            STARTS,
            "",
        ),
        (
            {"w": ONE_JOB + FIT + SHIP, "e": ONE_JOB.replace("push", "workflow_dispatch") + JUDGE},
            LEAVES,
            STARTS,
            "only '.github/workflows/e.yml' runs it, and '.github/workflows/w.yml' ships without it",
        ),
        ({"w": ONE_JOB + FIT + SHIP, "e": ONE_JOB.replace("push", "pull_request") + JUDGE}, LEAVES, STARTS, ""),
    ],
)
def test_what_a_gate_can_stop(
    understand: Understand, workflows: dict[str, str], stop: str, start: str, why: str
) -> None:
    files = {f".github/workflows/{name}.yml": text for name, text in workflows.items()}
    graph = understand({**TRAIN, **files, "evaluate.py": EVALUATE.format(stop=stop, start=start)})
    assert [one.why for one in graph.evidence("evaluation-gate", Status.USED, Status.DISABLED)] == [why]
