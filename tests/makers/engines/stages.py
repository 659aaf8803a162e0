"""A stage whose tables lie on a real engine, while moto plays everything else."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from unittest.mock import patch

from moto import mock_aws
from moto.core.config import default_user_config

from tests.makers import least_privilege
from tests.makers.engines.engine import Engine
from tests.makers.stage import create_surroundings, forget, stage_environment

MOTO = default_user_config | {
    "core": default_user_config["core"]
    | {"mock_credentials": False, "passthrough": {"services": ["dynamodb"], "urls": []}}
}


@dataclass
class World:
    """Where and when somebody acts: the variables of a stage on an engine, and the moment."""

    environment: Mapping[str, str]
    now: Callable[[], datetime]


@contextmanager
def staged(
    engine: Engine, now: Callable[[], datetime], *, without: Collection[str] = ()
) -> Iterator[World]:
    """Make a whole stage with tables of its own on the engine; tells others how to get there."""
    with engine.tables() as account:
        whole = stage_environment() | engine.environment(account)
        environment = {name: value for name, value in whole.items() if name not in without}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SOUK_", "AWS_"))}
        with patch.dict(os.environ, kept | environment, clear=True), mock_aws(config=MOTO):
            forget()
            create_surroundings()
            with least_privilege.held():
                yield World(environment, now)
        forget()
