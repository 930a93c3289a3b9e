"""Fixtures that tests of any room may ask for by name: `bus`, `running_bus` (tests/support/bus.py)."""

pytest_plugins = ["tests.support.bus"]
