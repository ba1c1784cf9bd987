"""Puts it together: application factory, webhooks, command line, processes, migrations, demo."""
