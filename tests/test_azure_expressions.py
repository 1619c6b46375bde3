"""Azure Pipelines: calls in template expressions, mappings that are inserted or made by loops."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner.formats.azureexpressions import evaluated, listed
from mlops_scan.scanner.parsers.azure_pipelines import AzurePipelines
from tests.slowness import in_time
from tests.test_ci import of, read

KNOWN = {"parameters.x": ("a",), "variables.Tag": ("v1",), "several": ("a", "b")}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${{ format('acme/{0}:{1}', parameters.x, variables['Tag']) }}", "acme/a:v1"),
        ("x-${{ lower('AB') }}-${{ upper(parameters.x) }}", "x-ab-A"),
        ("${{ coalesce('', parameters.x, 'z') }}", "a"),
        ("${{ replace(trim(' a-b '), '-', '_') }}", "a_b"),
        ("${{ join('+', split('a,b', ',')) }}", "a+b"),
        ("${{ format('{{0}} it''s {0}', 1) }}", "{0} it's 1"),
        *(
            (text, text)
            for text in (
                "${{ parameters.x }}",
                "${{ format('{3}', 'a') }}",
                "${{ format(gone) }}",
                "${{ coalesce(gone, 'a') }}",
                "${{ upper(several) }}",
                "${{ unknown('a') }}",
                "${{ split('a', ',') }}",
                "${{ lower('a' }}",
                "${{ lower(lower }}",
                "${{ }}(",
                "$(x)",
            )
        ),
    ],
)
def test_calls_that_constants_decide(text: str, expected: str) -> None:
    assert evaluated(text, KNOWN) == expected


def test_lists_and_hostile_texts() -> None:
    assert (listed("split('a b', ' ')", KNOWN), listed("lower('a')", KNOWN), listed("x", KNOWN)) == (
        ["a", "b"],
        None,
        None,
    )
    start = process_time()
    for text in ("${{ " + "lower(" * 60 + ")" * 60 + " }}", "${{" * 20_000 + "(", "${{ " + "'" * 40_000 + "("):
        evaluated(text, KNOWN)
    assert in_time(process_time() - start, 1)


MAIN = """\
trigger: [main]
parameters:
  - {name: extra, type: object, default: {A: one, B: two}}
variables:
  TAG: v1
  IMG: ${{ format('acme/api:{0}', variables.TAG) }}
jobs:
  - job: a
    variables:
      ${{ insert }}: ${{ parameters.extra }}
      X: y
    steps:
      - script: python a.py $(A) $(X)
      - script: docker build -t $(IMG) .
      - script: |
          make
          docker build -t ${{ format('acme/{0}', 'b') }} .
      - template: t/steps.yml
        parameters:
          steps:
            - script: python mine.py
              ${{ if eq('a', 'b') }}: {displayName: never}
          args:
            ${{ insert }}: ${{ parameters.extra }}
            C: three
  - ${{ each j in split('p,q', ',') }}:
    - job: ${{ j }}
      steps: [{script: "python ${{ j }}.py"}]
"""
STEPS = """\
parameters: {steps: [], args: {}}
steps:
  - ${{ each s in parameters.steps }}:
    - ${{ each pair in s }}:
        ${{ pair.key }}: ${{ pair.value }}
      displayName: wrapped
    - ${{ each pair in s }}:
        ${{ pair.key }}: ${{ pair.value }}
  - script: python c.py ${{ parameters.args.A }} ${{ parameters.args.C }}
"""


def test_mappings_are_inserted_and_steps_made_by_loops(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, AzurePipelines(), **{"azure-pipelines.yml": MAIN, "t/steps.yml": STEPS})
    assert not notes
    commands = [(" ".join(one.get("argv")), str(one.at), one.get("step", "")) for one in of(facts, "command")]
    assert commands == [
        ("python a.py one y", "azure-pipelines.yml:13", ""),
        ("docker build -t acme/api:v1 .", "azure-pipelines.yml:14", ""),
        ("make", "azure-pipelines.yml:16", ""),
        ("docker build -t acme/b .", "azure-pipelines.yml:17", ""),
        ("python mine.py", "azure-pipelines.yml:21", "wrapped"),
        ("python mine.py", "azure-pipelines.yml:21", ""),
        ("python c.py one three", "t/steps.yml:9", ""),
        ("python p.py", "azure-pipelines.yml:28", ""),
        ("python q.py", "azure-pipelines.yml:28", ""),
    ]
    assert [(one.name, one.get("tag")) for one in of(facts, "image")] == [("acme/api", "v1"), ("acme/b", None)]
    assert {one.name: one.get("value") for one in of(facts, "env")} == {
        "TAG": "v1",
        "IMG": "acme/api:v1",
        "A": "one",
        "B": "two",
        "X": "y",
    }
