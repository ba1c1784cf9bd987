"""The steps of the pipeline in `config.yml`, each a Rasa graph component found by its dotted path."""
