"""What the body of a resource says of one of its attributes."""

from __future__ import annotations

from mlops_scan.scanner.formats.hcl.evaluate import evaluate, take
from mlops_scan.scanner.formats.hcl.frames import Frame, Steps
from mlops_scan.scanner.formats.hcl.nodes import Body
from mlops_scan.scanner.formats.hcl.values import Value


def attribute_at(body: Body, steps: Steps, frame: Frame) -> Value:
    """An attribute of a resource as it is written; blocks and the indices behind them are passed through."""
    for index, step in enumerate(steps):
        if not isinstance(step, str):
            continue
        attribute = body.attributes.get(step)
        if attribute is not None:
            return take(evaluate(attribute.value, frame), steps[index + 1 :], "", frame)
        block = next((block for block in body.blocks if block.kind == step), None)
        if block is None:
            return None
        body = block.body
    return None
