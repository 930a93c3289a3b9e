"""Dying with the parent: when the supervisor is killed outright, nobody is left to stop its children, so the kernel does."""

from __future__ import annotations

import ctypes
import os
import signal
from collections.abc import Callable

PR_SET_PDEATHSIG = 1

# Loaded here, not between fork and exec, where little is safe to do.
_libc = ctypes.CDLL(None, use_errno=True)


def die_with(parent: int) -> None:
    """Ask the kernel to kill this process when its parent ends; ends at once when the parent is gone already.

    parent: process id of the parent. Linux only; OSError elsewhere or when refused.
    """
    if _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def bound_to_this_process() -> Callable[[], None]:
    """A `preexec_fn` for children that must die with this process."""
    parent = os.getpid()
    return lambda: die_with(parent)
