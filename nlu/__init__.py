"""Understands: a resident's text in, intent, topic and entities out. See README.md."""
