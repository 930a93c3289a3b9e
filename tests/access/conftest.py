"""The tree and the people of the apps' tests."""

from tests.apps.conftest import nothing_counted, now, tree, user_of

__all__ = ["nothing_counted", "now", "tree", "user_of"]
