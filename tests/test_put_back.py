"""A target or script that is called for a rollback counts where it is told which version to put back."""

from __future__ import annotations

import pytest

from tests.conftest import Understand

SCRIPT = {"s/rollback.sh": '#!/bin/sh\nTARGET="${1:-$(cat last)}"\nkubectl set image deploy/api api=acme/api:$TARGET\n'}
DEPLOY = {"s/deploy.sh": "#!/bin/sh\nkubectl set image deploy/api api=acme/api:$1\n"}
TALK = {"s/back.sh": '#!/bin/sh\necho "back to $1"\n'}


@pytest.mark.parametrize(
    ("files", "counts"),
    [
        ({"Makefile": "rollback:\n\t./s/rollback.sh $(SHA)\n", **SCRIPT}, True),
        ({"Makefile": "rollback:\n\tbash s/deploy.sh $(VERSION)\n", **DEPLOY}, True),
        ({"Makefile": "model-rollback:\n\tkubectl set image deploy/api api=acme/api:$(TAG)\n"}, True),
        ({"Makefile": "rollback:\n\tkubectl set image deploy/api api=acme/api:previous\n"}, True),
        ({"justfile": "rollback version:\n  sh s/deploy.sh {{version}}\n", **DEPLOY}, True),
        ({"package.json": '{"scripts": {"rollback": "sh s/deploy.sh $VERSION"}}', **DEPLOY}, True),
        (SCRIPT, True),
        ({"ops/roll-back-model.sh": "#!/bin/sh\naws ecs update-service --task-definition api:$REVISION\n"}, True),
        ({"Makefile": 'rollback:\n\techo "rolling back to $(SHA)"\n'}, False),
        ({"Makefile": "rollback:\n\tsh s/back.sh $(SHA)\n", **TALK}, False),
        ({"Makefile": "rollback:\n\t./s/gone.sh $(SHA)\n"}, False),
        ({"Makefile": "rollback:\n\tkubectl apply -f k8s\n"}, False),  # whatever stands there now
        ({"Makefile": "rollback:\n\talembic downgrade $(REVISION)\n"}, False),
        ({"Makefile": "db-rollback:\n\t./s/run.sh $(VERSION)\n", "s/run.sh": "#!/bin/sh\nrun $1\n"}, False),
        ({"Makefile": "rollback:\n\tkubectl describe deploy api-$(TAG)\n"}, False),
        ({"Makefile": "deploy:\n\tsh s/deploy.sh $(SHA)\n", **DEPLOY}, False),
        ({"Makefile": "enrollback:\n\tsh s/deploy.sh $(SHA)\n", **DEPLOY}, False),
        ({"s/rollback.sh": '#!/bin/sh\nset -e\necho "back to $1"\n'}, False),
    ],
)
def test_what_is_called_for_a_rollback_is_told_a_version(
    files: dict[str, str], counts: bool, understand: Understand
) -> None:
    assert bool(understand(files).evidence("rollback")) is counts
