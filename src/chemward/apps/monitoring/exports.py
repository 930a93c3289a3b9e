"""Registers of this room that stand outside `registers`, for the process that writes their exports."""

from chemward.apps.monitoring.history import HistoryRegister

__all__ = ["HistoryRegister"]
