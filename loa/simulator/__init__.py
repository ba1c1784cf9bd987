"""Phones in the browser, for demo and training: what they send goes in as a carrier's signed call."""

from loa.simulator.pages import simulator

__all__ = ["simulator"]
