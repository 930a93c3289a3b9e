"""How the loops of this folder are compiled and kept: `compiled(signature)` in place of numba's own decorator."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba as nb

Loop = Callable[..., Any]

FAST = {"reassoc", "nsz", "arcp", "contract", "afn"}
"""Liberties of arithmetic that let sums run in vector registers; NaN and infinity keep their meaning."""

_SOURCES = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))).hexdigest()


def compiled(signature: str, *, fast: bool = False, inline: bool = False) -> Callable[[Loop], Loop]:
    """Compile a function for one signature, or read it from the cache, without the interpreter's lock.

    fast: with the liberties of FAST. inline: put into its callers. numba renews the cache of a function when its own file
    changes, not when that of a function it calls does, and would go on with what was inlined before; here the stamp is that of
    the whole folder.
    """
    options: dict[str, Any] = {"nogil": True, "fastmath": FAST if fast else False}
    if inline:
        options["inline"] = "always"

    def compile_now(function: Loop) -> Loop:
        dispatcher: Any = nb.njit(**options)(function)
        dispatcher.enable_caching()
        dispatcher._cache._cache_file._source_stamp = _SOURCES
        dispatcher.compile(signature)
        dispatcher.disable_compile()
        loop: Loop = dispatcher
        return loop

    return compile_now
