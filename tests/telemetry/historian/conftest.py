from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chemward.telemetry.historian.store import ChdbHistorian
from tests.telemetry.historian.making import Feed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ChdbHistorian]:
    """An empty store. A process can have one open at a time."""
    with ChdbHistorian(tmp_path / "store") as opened:
        yield opened


@pytest.fixture
def feed(store: ChdbHistorian) -> Feed:
    return Feed(store)
