"""People of the input as the kernel takes them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from chemward.science.risk.missing import Gaps
from chemward.science.risk.park import People
from chemward.science.risk.schema import PopulationCell

INDOORS = {"day": 0.93, "night": 0.99}  # [-] CPR 18E (Purple Book) 5.3: share of people indoors


def people(cells: Sequence[PopulationCell], gaps: Gaps) -> People:
    """Heads outdoors and indoors, by day and by night; shares that are not given are those of the Purple Book and noted in gaps."""
    if not cells:
        gaps.default("population", "is empty", "no societal risk is computed")
        return People.nobody(2)
    heads = np.zeros((len(cells), 4))
    for i, cell in enumerate(cells):
        for p, period in enumerate(("day", "night")):
            share = getattr(cell, f"indoors_{period}")
            if share is None:
                share = INDOORS[period]
                gaps.default(f"population[].indoors_{period}", "is not given everywhere", f"{share:g}", "Purple Book CPR 18E 5.3")
            count = getattr(cell, period)
            heads[i, 2 * p : 2 * p + 2] = count * (1 - share), count * share
    return People(np.array([[c.x_m, c.y_m, c.side_m] for c in cells]), heads)
