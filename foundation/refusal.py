"""The base of errors whose message is meant for a person."""


class Refusal(Exception):
    """Something asked for is not done; the message says what, to what, and what to do next.

    Commands print it and exit 1, pages show it at the form. Whatever else is raised is a fault of ours.
    """
