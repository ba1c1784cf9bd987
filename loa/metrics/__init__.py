"""Figures for Prometheus: read from the database, so that they are those of all processes and outlive each of them."""

from loa.metrics.access import may_read
from loa.metrics.collector import Figures

__all__ = ["Figures", "may_read"]
