"""Environment of the tests, as an early pytest plugin (`-p chemward.config.testing`): settings are read before any conftest is.

Tests never touch the state of a running instance: all of theirs stands in a folder of its own that goes with them.
"""

import atexit
import os
import shutil
import tempfile

if "CHEMWARD_TESTING" not in os.environ:
    _folder = tempfile.mkdtemp(prefix="chemward-test-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    os.environ.update(CHEMWARD_TESTING="1", CHEMWARD_DATA=_folder, CHEMWARD_DEMO=os.environ.get("CHEMWARD_DEMO", "0"))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chemward.config.settings")
