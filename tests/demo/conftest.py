from datetime import UTC, datetime

import pytest

from chemward.demo.physics import Park
from chemward.demo.plan import build

NOON_S = 1_795_492_800  # a November day, 12:00 in Shanghai


@pytest.fixture(scope="session")
def plan():
    return build()


@pytest.fixture
def quiet_park(plan):
    """The park on a day without any small trouble."""
    return Park(plan, plan.seed, NOON_S, with_tep=False, with_ambient=False)


@pytest.fixture
def now():
    return datetime(2026, 3, 18, 6, 26, 38, tzinfo=UTC)
