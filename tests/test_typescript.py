"""CDK in TypeScript: which constructs are made, where, and what that says of the repository."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import process_time

import pytest

from mlops_scan.scanner.formats.typescript import Made, made
from mlops_scan.scanner.graph import Graph
from tests.slowness import in_time

Understand = Callable[[Mapping[str, str]], Graph]

STACK = """
import { Stack, aws_stepfunctions as sfn } from 'aws-cdk-lib';
import * as tasks from 'aws-cdk-lib/aws-stepfunctions-tasks';
import { CfnModelPackageGroup } from 'aws-cdk-lib/aws-sagemaker';
// new tasks.SageMakerCreateEndpoint(this, 'No', {});

export class Forecast extends Stack {
  constructor(scope: Construct) {
    const train = new tasks.SageMakerCreateTrainingJob(this, 'Train', { trainingJobName: "new sfn.StateMachine(" });
    const score = new tasks.SageMakerCreateTransformJob(this, 'Score', {});
    new sfn.StateMachine(this, 'Pipeline', { definition: train.next(score) });
  }
}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import * as s3 from 'x/aws-s3';\nnew s3.Bucket(a)", [("x/aws-s3", "Bucket", 2)]),
        ('import { Bucket as B } from "x";\n\nconst b = new B(a)', [("x", "Bucket", 3)]),
        ("import { aws_s3 as s3 } from 'x';\nnew s3.Bucket(a)", [("x", "aws_s3.Bucket", 2)]),
        ("const s3 = require('x');\nnew s3.Bucket(a)", [("x", "Bucket", 2)]),
        ("import x, { y } from 'x';\nnew Own(a)", []),
        ("import * as s3 from 'x';\n/* new s3.Bucket(a) */ `new s3.Bucket(b)`", []),
        ("/* import * as s3 from 'x'; */\nnew s3.Bucket(a)", []),
    ],
)
def test_what_is_made(text: str, expected: list[tuple[str, str, int]]) -> None:
    assert [(one.module, one.name, one.line) for one in made(text)] == expected


def test_the_column_is_that_of_new() -> None:
    assert list(made("import * as s3 from 'x';\n  const b = new s3.Bucket(a)")) == [Made("x", "Bucket", 2, 13)]


@pytest.mark.parametrize(
    "text",
    [
        "import {" * 50_000,
        "import * as a from 'x'\n" + "const b = new a.B({\n" * 40_000,
        "import * as a from 'x'\n" + "a.b." * 200_000 + "c(",
        "import * as a from 'x'\n" + "x = a.b({c: " * 40_000,
        "new " * 100_000,
        "`" * 300_000,
        "/*" * 300_000,
        "import * as a from 'x'\n" + "new a.B(\n" * 80_000,
        "new " + "a." * 300_000,
        "import {" + "a," * 300_000,
    ],
)
def test_odd_texts_take_no_time(text: str) -> None:
    started = process_time()
    sum(1 for _ in made(text))
    assert in_time(process_time() - started, 2.0)


def test_an_application_says_what_it_trains_and_serves(understand: Understand) -> None:
    graph = understand({"cdk.json": "{}", "lib/stack.ts": STACK})
    assert (graph.profile.is_ml, graph.profile.trains_model, graph.profile.serves_model) == (True, True, "batch")
    assert [(one.at.path, one.at.line) for one in graph.evidence("pipeline-orchestration")] == [("lib/stack.ts", 11)]
    assert not graph.has("model-registry")


def test_an_application_without_models_is_none(understand: Understand) -> None:
    bucket = "import * as s3 from 'aws-cdk-lib/aws-s3';\nnew s3.Bucket(this, 'B');\n"
    assert not understand({"cdk.json": "{}", "lib/stack.ts": bucket}).profile.is_ml


SERVICE = """
import * as cdk from 'aws-cdk-lib';
import * as ecs from 'aws-cdk-lib/aws-ecs';
import * as elb from 'aws-cdk-lib/aws-elasticloadbalancingv2';

export class Api extends cdk.Stack {
  constructor(scope: Construct) {
    const service = new ecs.FargateService(this, 'Api', { desiredCount: 2 });
    const balancer: elb.ApplicationLoadBalancer = new elb.ApplicationLoadBalancer(this, 'In', { vpc });
    this.listener = balancer.addListener('Http', { port: 80 });
    this.listener.addTargets('Api', { port: 80,
      healthCheck: { path: '/status' }, targets: [service] });
    const scaling = service.autoScaleTaskCount({ maxCapacity: 6 });
    scaling.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 70 });
  }
}
"""


def test_methods_of_what_was_made() -> None:
    found = [(one.name, one.line, one.options) for one in made(SERVICE) if one.line > 9]
    assert found == [
        ("ApplicationLoadBalancer.addListener", 10, ("port",)),
        ("ApplicationLoadBalancer.addListener.addTargets", 11, ("port", "healthCheck", "targets")),
        ("FargateService.autoScaleTaskCount", 13, ("maxCapacity",)),
        ("FargateService.autoScaleTaskCount.scaleOnCpuUtilization", 14, ("targetUtilizationPercent",)),
    ]


@pytest.mark.parametrize(
    "spelled", ["{ a: { b: 1 }, c }", "{ a, c: x ? y : z }", "1, { 'd': 2, a: f({ e: 3 }), c: [g] }"]
)
def test_options_are_the_keys_of_the_object_itself(spelled: str) -> None:
    (_, found) = made(f"import * as x from 'x';\nconst b = new x.B();\nb.set({spelled});\n")
    assert (found.name, found.options) == ("B.set", ("a", "c"))


PYTHON = """
from aws_cdk import Stack, aws_ecs as ecs, aws_elasticloadbalancingv2 as elb

class Api(Stack):
    def __init__(self, scope):
        service = ecs.FargateService(self, "Api", desired_count=2)
        listener = elb.ApplicationLoadBalancer(self, "In").add_listener("Http", port=80)
        listener.add_targets("Api", port=80, health_check=elb.HealthCheck(path="/status"))
        scaling = service.auto_scale_task_count(max_capacity=6)
        scaling.scale_on_cpu_utilization("Cpu", target_utilization_percent=70)
"""
HANDED = """
from aws_cdk import aws_ecs_patterns as patterns

def watch(service):
    service.auto_scale_task_count(max_capacity=6)
    service.target_group.configure_health_check(path="/status")
"""


@pytest.mark.parametrize(
    ("path", "text", "checked", "scaled"),
    [("lib/api.ts", SERVICE, 11, 13), ("api.py", PYTHON, 8, 9), ("watch.py", HANDED, 6, 5)],
)
def test_scaling_and_health_checks_of_constructs(
    understand: Understand, path: str, text: str, checked: int, scaled: int
) -> None:
    graph = understand({"cdk.json": "{}", path: text})
    (check,) = graph.evidence("health-checks")
    assert (check.tool, check.at.path, check.at.line) == ("aws-load-balancer", path, checked)
    assert {(one.at.path, one.at.line) for one in graph.evidence("autoscaling")} == {(path, scaled)}


def test_a_service_without_them_has_neither(understand: Understand) -> None:
    kept = "\n".join(line for line in SERVICE.splitlines() if "caling" not in line and "healthCheck" not in line)
    graph = understand({"cdk.json": "{}", "lib/api.ts": kept})
    assert not graph.has("health-checks") and not graph.has("autoscaling") and graph.has("load-balancing")


@pytest.mark.parametrize(
    ("module", "lines"),
    [
        (
            "@aws-cdk/aws-sagemaker-alpha",
            "const one = new x.Endpoint(this, 'A', {});\nconst all = one.findInstanceProductionVariant('a');\n"
            "all.autoScaleInstanceCount({ maxCapacity: 3 });",
        ),
        (
            "aws-cdk-lib/aws-autoscaling",
            "const one = new x.AutoScalingGroup(this, 'A', {});\n"
            "one.scaleOnCpuUtilization('Cpu', { targetUtilizationPercent: 60 });",
        ),
    ],
)
def test_scaling_of_endpoints_and_machines(understand: Understand, module: str, lines: str) -> None:
    text = f"import * as x from '{module}';\n{lines}\n"
    graph = understand({"cdk.json": "{}", "lib/stack.ts": text})
    assert [one.at.line for one in graph.evidence("autoscaling")] == [text.count("\n")]
