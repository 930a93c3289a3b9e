"""Fixtures that tests of any room may ask for by name: `bus`, `running_bus` (tests/support/bus.py)."""

import os
import tempfile

# Before anything of Django is imported: tests never touch the state of a running instance.
os.environ["CHEMWARD_TESTING"] = "1"
os.environ["CHEMWARD_DATA"] = tempfile.mkdtemp(prefix="chemward-test-")
os.environ.setdefault("CHEMWARD_DEMO", "0")

pytest_plugins = ["tests.support.bus"]
