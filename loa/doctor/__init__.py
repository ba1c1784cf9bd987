"""Looks at an installation and says what is wrong and what to do: `loa doctor`."""

from loa.doctor.examination import examine
from loa.doctor.finding import Finding

__all__ = ["Finding", "examine"]
