# just help: what can be done here
help:
    @just --list

# everything that has to pass before a change lands
check:
    ./check

# the tests alone
test *ARGS:
    .venv/bin/pytest -n auto {{ARGS}}

# format and lint
lint:
    .venv/bin/ruff format .
    .venv/bin/ruff check --fix .
    .venv/bin/mypy
    .venv/bin/lint-imports

# the pages of the rules
docs:
    .venv/bin/mlops-scan rules --format markdown > docs/rules.md

# speed beside ast.parse, ruff and checkov
bench:
    .venv/bin/python benchmarks/run.py

# SARIF and diagrams before the validators of others (docs/acceptance.md)
accept *REPOSITORIES:
    npm install --no-save @microsoft/sarif-multitool mermaid jsdom
    .venv/bin/python -m tests.acceptance.sarif {{REPOSITORIES}}
    .venv/bin/python -m tests.acceptance.mermaid {{REPOSITORIES}}
