"""Plans: programmes, broadcasts with their approval, donations."""
