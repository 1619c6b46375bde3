"""When two names of which parts are not known mean one image, and when they do not."""

from __future__ import annotations

import pytest

from mlops_scan.scanner.link import imagenames


@pytest.mark.parametrize(
    ("built", "run", "common"),
    [
        ("reg.io/acme/ranker:1", "reg.io/acme/ranker:2", 2),
        ("$REG/ranker:$SHA", "reg.io/acme/ranker:1", 1),
        (
            "${{ steps.login.outputs.registry }}/acme/ranker:${{ github.sha }}",
            "1.dkr.ecr.eu-1.amazonaws.com/acme/ranker",
            2,
        ),
        ("acme/ranker", "reg.azurecr.io/acme/ranker:1", 2),
        ("ranker:dev", "reg.io/acme/ranker:1", 1),
        ("gcr.io/PROJECT_ID/ranker", "gcr.io/acme/ranker", 1),
        ("reg.io:5000/ranker", "localhost:5000/ranker", 1),
        ("reg.io/acme/ranker", "{{ registry }}/acme/ranker", 2),
        ("$REG/acme/ranker", "ranker", 1),
        ("$REG/acme/ranker", "reg.io/other/ranker", 0),
        ("reg.io/acme/ranker", "reg.io/other/ranker", 0),
        ("reg.io/ranker", "reg.io/acme/ranker", 0),
        ("$REG/ranker", "$REG/rank", 0),
    ],
)
def test_known_ends_agree(built: str, run: str, common: int) -> None:
    one, other = imagenames.read(built), imagenames.read(run)
    assert one is not None and other is not None
    assert imagenames.agreement(one, other) == common


@pytest.mark.parametrize(
    "reference", ["$IMAGE", "reg.io/$NAME:1", "reg.io/app-${ENV}", "reg.io/<name>", "", "IMAGE", " }"]
)
def test_without_a_known_end_there_is_no_name(reference: str) -> None:
    assert imagenames.read(reference) is None
