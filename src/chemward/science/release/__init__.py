"""Release: what comes out of holes, pipes and vessels, how it flashes and expands, pools and what evaporates from them."""

from chemward.science.release.outflow import Outflow, steady
from chemward.science.release.source import Source

__all__ = ["Outflow", "Source", "steady"]
