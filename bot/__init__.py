"""Talks: the inbound queue, conversation, answering, tickets, and the client of the understanding process."""
