"""Audiences worked out from the register: every household for which a condition holds on a day."""
