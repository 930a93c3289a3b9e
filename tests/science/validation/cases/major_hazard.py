"""GB 18218-2018 worked by hand: formulas (1) and (2), Tables 1 to 6, the boundaries."""

from __future__ import annotations

from chemward.science.major_hazard.grading import UnitGrading, grade
from chemward.science.major_hazard.inventory import Inventory, Item, Unit
from tests.science.validation.case import Case, Missing

ID = "GB 18218-2018"
EXACT = 1e-12


def unit(people: int, *chemicals: tuple[str, float] | tuple[str, float, str]) -> UnitGrading:
    """A unit with its chemicals, each a name, a mass [t] and perhaps a category."""
    items = [Item(mass, name, categories=list(category)) for name, mass, *category in chemicals]
    return grade(Inventory(ID, [Unit("1", "storage", people, items)])).units[0]


CHLORINE = (120, ("氯", 60.0))
FARM = (60, ("甲醇", 400.0, "W5.3"), ("苯", 20.0, "W5.3"), ("二甲苯", 1000.0, "W5.4"), ("氨", 2.0))
PHOSGENE = (10, ("光气", 0.75))
GASES = (35, ("氢", 2.0, "W2"), ("一氧化碳", 8.0), ("环氧乙烷", 1.0), ("硫化氢", 0.2))
THIRDS = (0, ("光气", 0.1), ("异氰酸甲酯", 0.25), ("碳酰氯", 0.1))


def case(name: str, title: str, quantity: str, given: tuple, expected: float, note: str) -> Case:
    def computed() -> float:
        found = unit(*given)
        return float({"S": found.s, "R": found.r, "level": found.level}[quantity] or 0)

    clause = {"S": "4.2.1, formula (1)", "R": "4.3.2, formula (2)", "level": "4.3.3, Table 6"}[quantity]
    return Case(f"major_hazard-{name}-{quantity}", title, f"{ID} {clause}", quantity, "-", expected, computed, EXACT, note)


CASES: list[Case] = [
    case("chlorine", "60 t of chlorine, 120 people", "S", CHLORINE, 12, "60/5"),
    case("chlorine", "60 t of chlorine, 120 people", "R", CHLORINE, 96, "2.0 × 4 × 60/5"),
    case("chlorine", "60 t of chlorine, 120 people", "level", CHLORINE, 2, "100 > R ≥ 50"),
    case("farm", "tank farm of four chemicals, 60 people", "S", FARM, 1.6, "400/500 + 20/50 + 1000/5000 + 2/10"),
    case("farm", "tank farm of four chemicals, 60 people", "R", FARM, 2.7, "1.5 (0.8 + 0.4 + 0.2 + 2 × 0.2)"),
    case("farm", "tank farm of four chemicals, 60 people", "level", FARM, 4, "R < 10"),
    case("phosgene", "0.75 t of phosgene, 10 people", "R", PHOSGENE, 50, "1.0 × 20 × 0.75/0.3"),
    case("phosgene", "0.75 t of phosgene, 10 people", "level", PHOSGENE, 2, "R = 50 is level 2"),
    case("gases", "four gases, 35 people", "S", GASES, 0.94, "2/5 + 8/20 + 1/10 + 0.2/5"),
    case("gases", "four gases, 35 people, below the thresholds: no level", "level", GASES, 0, "0: no level"),
    case("thirds", "three thirds make one", "S", THIRDS, 1, "0.1/0.3 + 0.25/0.75 + 0.1/0.3"),
    case("thirds", "three thirds make one: a major hazard", "level", THIRDS, 3, "equality counts; R = 0.5 × 20 × 1 = 10"),
]

MISSING = [
    Missing(
        "Worked example of Appendix A",
        "GB 18218-2018 Appendix A",
        "the appendix is a flow chart without figures and was not opened",
    ),
    Missing(
        "Grading report of a plant with its R", "filed reports", "no published report with masses, beta and R could be opened"
    ),
]
