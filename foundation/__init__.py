"""What stands under all rooms: settings, database, clock, phone numbers, Vietnamese text, identifiers, logs."""
