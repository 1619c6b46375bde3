"""GitHub Actions: what jobs put out for those that need them, and images that only steps build that never run."""

from __future__ import annotations

from pathlib import Path
from time import process_time

import pytest

from mlops_scan.scanner.formats import githubvalues, yamlnodes
from mlops_scan.scanner.formats.yamlnodes import Mapping
from mlops_scan.scanner.parsers.github_actions import GithubActions
from tests.conftest import Understand
from tests.slowness import in_time
from tests.test_ci import of, read

A, B = ".github/workflows/a.yml", ".github/workflows/b.yml"
FIRST = """\
on: push
env: {REG: ghcr.io/acme}
jobs:
  prep:
    env: {VER: "1.2"}
    outputs:
      image: ${{ steps.meta.outputs.image }}
      tag: v${{ steps.meta.outputs.tag }}
      flag: ${{ steps.meta.outputs.deploy }}
      plain: plain
      gone: ${{ steps.other.outputs.x }}
    steps:
      - id: meta
        run: |
          echo "image=$REG/api" >> $GITHUB_OUTPUT
          echo "tag=${{ env.VER }}" >> "$GITHUB_OUTPUT"
          echo deploy=false >> $GITHUB_OUTPUT
  again:
    needs: prep
    outputs: {image: "${{ needs.prep.outputs.image }}-again"}
    steps: []
"""
USING = """\
  build:
    needs: [prep, again, call]
    env: {FULL: "${{ needs.prep.outputs.image }}:${{ needs.prep.outputs.tag }}"}
    steps:
      - run: docker push $FULL
      - run: docker push ${{ needs.again.outputs.image }}:x
      - run: docker push ${{ needs.call.outputs.made }}
      - run: docker push ${{ needs.prep.outputs.gone }}
      - uses: docker/build-push-action@v5
        with: {push: true, tags: "${{ needs.prep.outputs.image }}:${{ needs.prep.outputs.plain }}"}
  call:
    uses: ./.github/workflows/b.yml
    with: {name: made}
  off:
    if: needs.prep.outputs.flag == 'true'
    needs: prep
    steps: [{run: make off}]
"""
CALLED = """\
on:
  workflow_call:
    inputs: {name: {type: string}}
    outputs: {made: {value: "${{ jobs.j.outputs.m }}"}}
jobs:
  j:
    outputs: {m: "${{ steps.s.outputs.v }}"}
    steps:
      - {id: s, run: 'echo "v=acme/${{ inputs.name }}:1" >> $GITHUB_OUTPUT'}
"""


def test_what_jobs_put_out(tmp_path: Path) -> None:
    facts, notes = read(tmp_path, GithubActions(), **{A: FIRST + USING, B: CALLED})
    assert not notes
    assert [one.get("raw") for one in of(facts, "image") if one.at.path == A] == [
        "ghcr.io/acme/api:v1.2",
        "ghcr.io/acme/api-again:x",
        "acme/made:1",
        "${{ needs.prep.outputs.gone }}",
        "ghcr.io/acme/api:plain",
    ]
    assert [one.name for one in of(facts, "job") if one.get("state")] == ["off"]


@pytest.mark.parametrize(
    ("run", "off"),
    [
        ("echo go=false >> $GITHUB_OUTPUT", True),
        ("if [ -f x ]; then echo go=true >> $GITHUB_OUTPUT; else echo go=false >> $GITHUB_OUTPUT; fi", False),
        ("test -f x || echo go=false >> $GITHUB_OUTPUT", False),
        ("echo go=$GO >> $GITHUB_OUTPUT", False),
        ("python ask.py", False),
    ],
)
def test_a_job_that_rests_on_what_another_puts_out(tmp_path: Path, run: str, off: bool) -> None:
    text = (
        f"on: push\njobs:\n  a:\n    outputs: {{go: '${{{{ steps.s.outputs.go }}}}'}}\n    steps:\n    - id: s\n"
        f"      run: {run}\n  b:\n    needs: a\n    if: needs.a.outputs.go == 'true'\n    steps: [{{run: make}}]\n"
    )
    facts, _ = read(tmp_path, GithubActions(), **{A: text})
    assert [bool(one.get("state")) for one in of(facts, "job") if one.name == "b"] == [off]


FORMS = {
    "echo": ('echo "a=1" >> $GITHUB_OUTPUT', ("1",)),
    "tee": ('X=one\necho "a=${X}:5" | tee -a "$GITHUB_OUTPUT"', ("one:5",)),
    "printf": ("printf 'b=%s\\na=%s\\n' x four >> $GITHUB_OUTPUT", ("four",)),
    "a group": ('echo a=no\n{\n  echo "b=2"\n  echo "a=3"\n} >> "$GITHUB_OUTPUT"\necho a=no', ("3",)),
    "a here-document": ("cat <<EOF >> $GITHUB_OUTPUT\na=five\nEOF", ("five",)),
    "the old way": ('echo "::set-output name=a::six"', ("six",)),
    "two ways": ("echo a=1 >> $GITHUB_OUTPUT\necho a=2 >> $GITHUB_OUTPUT", ("1", "2")),
    "another file": ("echo a=1 >> x\necho $GITHUB_OUTPUT", None),
}


@pytest.mark.parametrize("form", FORMS)
def test_how_a_script_puts_out(form: str) -> None:
    run, expected = FORMS[form]
    step = Mapping(1, 1)
    step["id"], step["run"] = yamlnodes.scalar("s"), yamlnodes.scalar(run)
    assert githubvalues.handed_on(step, {}).get("steps.s.outputs.a") == expected


def test_hostile_scripts_end_soon() -> None:
    for run in ("{\n" * 20_000 + "} >> $GITHUB_OUTPUT\n" * 2_000, "echo a=%s >> $GITHUB_OUTPUT\n" * 5_000):
        step = Mapping(1, 1)
        step["id"], step["run"] = yamlnodes.scalar("s"), yamlnodes.scalar(run)
        start = process_time()
        githubvalues.handed_on(step, {})
        assert in_time(process_time() - start, 3)


def test_images_of_steps_that_never_run_do_not_count(understand: Understand) -> None:
    dockerfile = 'FROM python:3.11\nCMD ["python", "x.py"]\n'
    text = (
        "on: push\njobs:\n  off:\n    if: false\n    steps: [{run: docker build -t acme/a:1 a}]\n  on:\n    steps:\n"
        "    - {if: false, run: docker build -t acme/b:1 b}\n    - {run: docker build -t acme/c:1 c}\n"
        "    - if: false\n      uses: docker/build-push-action@v5\n      with: {context: d, push: true, tags: acme/d:1}"
    )
    graph = understand({A: text, **{f"{name}/Dockerfile": dockerfile for name in "abcd"}})
    assert [(edge.source, edge.target) for edge in graph.edges("builds")] == [("stage:c/Dockerfile#0", "image:acme/c")]
