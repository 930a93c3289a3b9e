"""Substances: properties as functions of temperature, look-up by name, synonym or CAS number, mixtures."""

from chemward.science.substances.library import every, find, load, normalised
from chemward.science.substances.substance import Substance

__all__ = ["Substance", "every", "find", "load", "normalised"]
