"""A real bus server for tests; the fixtures are known everywhere (tests/conftest.py)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chemward.telemetry.bus import server
from chemward.telemetry.installation import Installation


@pytest.fixture
def running_bus(tmp_path: Path) -> Iterator[server.RunningBus]:
    """A bus server on free ports with a data folder of its own; it can be killed and started again."""
    started = server.start(Installation(data=tmp_path / "var"))
    yield started
    started.stop()


@pytest.fixture
def bus(running_bus: server.RunningBus) -> Installation:
    """The installation of a running bus."""
    return running_bus.installation
