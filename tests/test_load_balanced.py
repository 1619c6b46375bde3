"""Services that a construct puts behind a load balancer: the balancer, the scaling and the image that is built."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

STACK = """\
from aws_cdk import Stack, aws_ecs as ecs, aws_ecs_patterns as patterns
class Serving(Stack):
    def __init__(self, scope, id):
        super().__init__(scope, id)
        options = patterns.ApplicationLoadBalancedTaskImageOptions(image=ecs.ContainerImage.from_asset("api"))
        api = patterns.ApplicationLoadBalancedFargateService(self, "Api", desired_count=2, task_image_options=options)
        api.service.auto_scale_task_count(max_capacity=4).scale_on_cpu_utilization("cpu", target_utilization_percent=60)
"""
TYPESCRIPT = """\
import * as patterns from 'aws-cdk-lib/aws-ecs-patterns';
const api = new patterns.ApplicationLoadBalancedFargateService(this, 'Api', { desiredCount: 2 });
api.service.autoScaleTaskCount({ maxCapacity: 4 });
"""
DOCKERFILE = 'FROM python:3.12-slim\nCOPY main.py .\nCMD ["python", "main.py"]\n'


@pytest.mark.parametrize(("path", "text"), [("stack.py", STACK), ("stack.ts", TYPESCRIPT)])
def test_a_load_balanced_service_has_a_balancer_and_scaling(understand: Understand, path: str, text: str) -> None:
    graph = understand({path: text, "api/Dockerfile": DOCKERFILE, "api/main.py": "print(1)\n"})
    shown = {use.key for use in graph.uses("load-balancing", "autoscaling")}
    assert shown == {"load-balancing", "autoscaling"}


def test_its_image_is_the_one_that_is_built_for_it(understand: Understand) -> None:
    graph = understand({"stack.py": STACK, "api/Dockerfile": DOCKERFILE, "api/main.py": "print(1)\n"})
    (workload,) = [node.id for node in graph.nodes() if node.kind == "workload" and node.label.endswith("/Api")]
    assert any("api/Dockerfile" in edge.target for edge in graph.links_from(workload))
