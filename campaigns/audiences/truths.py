"""Truth as arrays: no, cannot say, yes, in this order, so that "and" is the smaller and "or" the larger of two."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

Truth = npt.NDArray[np.uint8]
Array = npt.NDArray[Any]

NO: Final = 0
CANNOT_SAY: Final = 1
YES: Final = 2


def opposite(truth: Truth) -> Truth:
    """What "not" makes of each."""
    return np.subtract(YES, truth, dtype=np.uint8)


def truth_of(so: Array, unknown: Array | None = None) -> Truth:
    """Yes where it is so, else no; neither where it is unknown."""
    truth = np.multiply(so, YES, dtype=np.uint8)
    if unknown is not None:
        truth[unknown] = CANNOT_SAY
    return truth
