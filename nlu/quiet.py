"""Keeps Rasa from talking: no telemetry, no warnings, nothing below ERROR, never a text."""

import logging
import os


def silence_rasa() -> None:
    """To be called before the first import of rasa."""
    os.environ["RASA_TELEMETRY_ENABLED"] = "false"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    os.environ["LOG_LEVEL"] = "ERROR"
    os.environ["SQLALCHEMY_SILENCE_UBER_WARNING"] = "1"
    # Two cores are shared by web, worker and understanding; small matrices gain nothing from more threads.
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ.setdefault(name, "1")
    # Rasa's imports reset the filters of warnings; through the log they stay quiet.
    logging.captureWarnings(True)
    # Its errors repeat what it was given; ours are raised, and logged by their type.
    logging.getLogger("rasa").setLevel(logging.CRITICAL)
    logging.disable(logging.WARNING)
    import structlog

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
