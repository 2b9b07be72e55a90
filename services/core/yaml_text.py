"""YAML, the form of the product's own lists and of the files that offices edit."""

from typing import Any

import yaml
from yaml import YAMLError

__all__ = ["YAMLError", "load_yaml"]

# libyaml takes a sixth of the time, which every start of every process waits for
_Loader: Any = yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader


def load_yaml(text: str) -> Any:
    """Return what a text says, plain values only; YAMLError says where it is no YAML."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - one of the two safe ones
