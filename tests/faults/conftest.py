"""A plant seeded once; each test runs the platform on a copy of it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from tests.support import instance

SPARE_TAGS = 1500  # their entries in the audit make an export that takes long enough to be killed


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    data = tmp_path_factory.mktemp("seeded") / "var"
    return data, instance.seed(data, SPARE_TAGS)


@pytest.fixture
def plant(seeded: tuple[Path, dict[str, Any]], tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A data folder with the plant, and what is known of it."""
    return instance.copy_of(seeded, tmp_path / "var")


@pytest.fixture(autouse=True)
def _quiet_requests() -> None:
    """A line for each of ten thousand requests would bury what a failed test has to say."""
    logging.getLogger("httpx").setLevel(logging.WARNING)
