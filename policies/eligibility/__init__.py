"""Who may be eligible for what, from dated law as data. What other rooms may call stands here."""

from policies.eligibility.benefits import Amount, AmountKind, Benefit, Period, Sum
from policies.eligibility.deciding import Because, Decision, Result, decide
from policies.eligibility.facts import read_facts
from policies.eligibility.inputs import Entity, Input, Value, otherwise, statement
from policies.eligibility.interview import next_inputs
from policies.eligibility.rules import Evaluated, Rules
from policies.eligibility.tables import Axis, Table
from policies.eligibility.terms import Kind

__all__ = [
    "Amount",
    "AmountKind",
    "Axis",
    "Because",
    "Benefit",
    "Decision",
    "Entity",
    "Evaluated",
    "Input",
    "Kind",
    "Period",
    "Result",
    "Rules",
    "Sum",
    "Table",
    "Value",
    "decide",
    "next_inputs",
    "otherwise",
    "read_facts",
    "statement",
]
