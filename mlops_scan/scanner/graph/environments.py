"""Of one thing that several environments render, which of its variants count, and which are production."""

from __future__ import annotations

from collections.abc import Iterable

from mlops_scan.scanner import paths
from mlops_scan.scanner.model import Fact

SHOWN = 3  # environments that a sentence names


def deciding(variants: Iterable[Fact]) -> list[Fact]:
    """Of one thing in several environments those that count: production by name, else all but trials, else all."""
    found = list(variants)
    live = [one for one in found if paths.is_live(str(one.get("environment") or ""))]
    return live or [one for one in found if not _is_trial(one)] or found


def is_steady(variant: Fact) -> bool:
    """Whether an environment is more than a trial: enabled, and not called one for development, tests or examples."""
    return variant.get("state") != "disabled" and not _is_trial(variant)


def production(variants: list[Fact], live: frozenset[str]) -> tuple[Fact, ...]:
    """What holds in production: its own variants, and the default where one of the environments `live` has none."""
    enabled = [one for one in variants if one.get("state") != "disabled"]
    own = [one for one in enabled if paths.is_live(str(one.get("environment") or ""))]
    if not live <= {str(one.get("environment")) for one in own}:
        own += [one for one in enabled if not one.get("environment")]
    return tuple(own)


def replicas(variant: Fact) -> int:
    """How many a variant that is more than a trial asks for; one where it does not say."""
    count = variant.get("replicas")
    return count if isinstance(count, int) and is_steady(variant) else 1


def in_production(facts: Iterable[Fact]) -> str:
    """' in production (their environments)'; '' where none has a name."""
    names = sorted({str(one.get("environment")) for one in facts if one.get("environment")})
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return f" in production ({', '.join(names[:SHOWN])}{more})" if names else ""


def _is_trial(variant: Fact) -> bool:
    name = str(variant.get("environment") or "")
    return paths.is_development(name) or paths.is_test(name) or paths.is_example(name)
