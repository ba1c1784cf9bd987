"""The rules as an OpenFisca system: each input and each benefit a dated variable over complete households.

OpenFisca knows no "unknown": what is not given silently takes a default. So nothing here is called with anything but
whole columns, which `rules.py` sees to. Its integers and floats are of 32 bits unless told otherwise, its months cut
days off, and a day before a variable's first formula gives False without a word: hence 64 bits, days, and the period
that is looked up before anything is evaluated.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import and_, or_
from typing import Any

import numpy as np
from openfisca_core.entities import Entity
from openfisca_core.indexed_enums import Enum, EnumArray
from openfisca_core.parameters import ParameterNode
from openfisca_core.periods import DateUnit
from openfisca_core.simulations import Simulation
from openfisca_core.taxbenefitsystems import TaxBenefitSystem
from openfisca_core.variables import Variable

from policies.eligibility.benefits import Period, Sum
from policies.eligibility.catalogue import Catalogue
from policies.eligibility.inputs import Input
from policies.eligibility.tables import Column
from policies.eligibility.terms import (
    COMPARE,
    Among,
    Atom,
    Called,
    Compared,
    Condition,
    Either,
    Holds,
    Kind,
    combine,
    plain,
    work_out,
)

NO_AMOUNT = -1
"""In columns of amounts: none applies. No benefit pays less than nothing."""

Formula = Callable[[Any, Any, Any], Any]


class System:
    """The law as OpenFisca evaluates it. Each evaluation is a simulation of its own; safe to share between threads."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._case = Entity("case", "cases", "A household and the person asked about", "")
        self._system = TaxBenefitSystem([self._case])
        self._system.parameters = ParameterNode("", directory_path=str(catalogue.root / "parameters"))
        for entry in catalogue.inputs.values():
            self._add(entry.name, **_input_type(entry))
        for benefit in catalogue.benefits.values():
            self._add(eligible(benefit.name), value_type=bool, **_formulas(benefit.periods, _eligibility))
            paid = [period for period in benefit.periods if period.amount]
            self._add(amount(benefit.name), value_type=int, **_formulas(paid, _amount))

    def evaluate(self, variables: Sequence[str], columns: Mapping[str, Column], on: date) -> dict[str, Column]:
        """The variables for every row of the columns, which hold all inputs that the variables rest on, encoded and
        complete."""
        simulation = self.simulate(columns, on)
        try:
            return {name: simulation.calculate(name, on.isoformat()) for name in variables}
        finally:
            _forget(simulation)

    def simulate(self, columns: Mapping[str, Column], on: date) -> Simulation:
        """A simulation with the columns put in for that day."""
        populations = self._system.instantiate_entities()
        rows = len(next(iter(columns.values()))) if columns else 1
        populations["case"].count, populations["case"].ids = rows, range(rows)
        simulation = Simulation(self._system, populations)
        for name, column in columns.items():
            choices = getattr(self._system.variables[name], "possible_values", None)
            simulation.set_input(name, on.isoformat(), EnumArray(column, choices) if choices else column)
        return simulation

    def _add(self, name: str, **attributes: Any) -> None:
        stated = {"entity": self._case, "definition_period": DateUnit.DAY, **attributes}
        variable = self._system.add_variable(type(name, (Variable,), stated))
        variable.dtype = WIDE.get(variable.value_type, variable.dtype)


WIDE: Mapping[type, type] = {int: np.int64, float: np.float64}


def eligible(benefit: str) -> str:
    """The variable of who is eligible for a benefit."""
    return f"{benefit}_eligible"


def amount(benefit: str) -> str:
    """The variable of what they get: whole VND, or NO_AMOUNT."""
    return f"{benefit}_amount"


def _input_type(entry: Input) -> dict[str, Any]:
    match entry.kind:
        case Kind.YES_NO:
            return {"value_type": bool}
        case Kind.CHOICE:
            choices: Any = Enum(entry.name, {value: value for value in entry.values})
            return {"value_type": Enum, "possible_values": choices, "default_value": next(iter(choices))}
        case Kind.WHOLE:
            return {"value_type": int}
        case _:
            return {"value_type": float}


def _formulas(periods: Sequence[Period], formula: Callable[[Period], Formula]) -> dict[str, Any]:
    """A formula from each period's first day on, and the variable's own last day."""
    dated: dict[str, Any] = {f"formula_{period.start:%Y_%m_%d}": formula(period) for period in periods}
    last = periods[-1].end if periods else None
    return {**dated, "end": last.isoformat()} if last else dated


def _eligibility(period: Period) -> Formula:
    whole = Either(tuple(case.condition for case in period.cases))

    def formula(case: Any, day: Any, parameters: Any) -> Column:
        return _truth(whole, case, day, parameters(day))

    return formula


def _amount(period: Period) -> Formula:
    stated = period.amount

    def formula(case: Any, day: Any, parameters: Any) -> Column:
        assert stated
        law = parameters(day)
        highest = [_worth(each, case, day, law) for each in stated.highest_of]
        added = [_worth(each, case, day, law) for each in stated.plus]
        applies = np.logical_or.reduce([sum_ != NO_AMOUNT for sum_ in (*highest, *added)])
        total = np.maximum.reduce([np.maximum(sum_, 0) for sum_ in highest])
        for sum_ in added:
            total = total + np.maximum(sum_, 0)
        return np.where(applies, total, NO_AMOUNT)

    return formula


def _worth(stated: Sum, case: Any, day: Any, law: Any) -> Column:
    """The sum for each row, rounded half up to whole VND; NO_AMOUNT where it does not apply."""
    vnd = work_out(stated.vnd, _numbers(law), lambda name: case(name, day))
    whole = vnd if isinstance(vnd, np.ndarray) and vnd.dtype.kind == "i" else np.floor(np.float64(vnd) + 0.5)
    applies = _truth(stated.when, case, day, law) if stated.when else True
    return np.where(applies, np.full(case.count, whole, dtype=np.int64), NO_AMOUNT)


def _truth(condition: Condition, case: Any, day: Any, law: Any) -> Column:
    """The condition for each row. Every atom is worked out, whatever the data, so that a trace names all inputs."""

    def leaf(atom: Atom) -> Column:
        values = np.asarray(case(atom.name, day))
        match atom:
            case Holds():
                return values
            case Among(codes=codes):
                return np.isin(values, codes)
            case Compared(sign=sign, threshold=threshold):
                return np.asarray(COMPARE[sign](values, plain(work_out(threshold, _numbers(law), _no_input))))
            case Called():
                raise ValueError(f"{atom}: a rule of law calls nothing")

    return combine(condition, leaf, and_, or_, np.logical_not)


def _numbers(law: Any) -> Callable[[str], Decimal]:
    return lambda name: Decimal(str(functools.reduce(getattr, name.split("."), law)))


def _no_input(name: str) -> Decimal:
    raise ValueError(f"{name}: an input in a threshold")  # conditions.py has refused it


def _forget(simulation: Simulation) -> None:
    """Lets go of the columns: simulation and holders point at each other, and would keep them until the collector."""
    for population in simulation.populations.values():
        for name in list(population._holders):
            population.get_holder(name).delete_arrays()
