"""Refusals of acts and reads. Pages, API and jobs turn them into answers in one place (`http.py`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One fault of an input: which field, what is wrong, what to do."""

    field: str
    message: str
    remedy: str = ""


class Refused(Exception):
    """An act or read that does not happen. `code` is stable, `message` is for people."""

    status = 409
    code = "refused"

    def __init__(self, message: str, *, code: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy
        if code:
            self.code = code


class NotFound(Refused):
    """No such thing, or not in the caller's part of the tree: the two are not told apart."""

    status = 404
    code = "not_found"


class NotPermitted(Refused):
    """The caller sees the thing but has no role that may do this."""

    status = 403
    code = "not_permitted"


class WrongState(Refused):
    """The thing is not in a state in which this can be done."""

    status = 409
    code = "wrong_state"


class Restricted(Refused):
    """A restriction in force forbids it."""

    status = 409
    code = "restricted"


class Invalid(Refused):
    """The input has faults; all of them are listed."""

    status = 422
    code = "invalid"

    def __init__(self, *faults: Fault) -> None:
        super().__init__("；".join(f"{f.field}：{f.message}" for f in faults))
        self.faults = faults


class Away(Refused):
    """A part of the platform that is needed for the answer does not answer now."""

    status = 503
    code = "away"
