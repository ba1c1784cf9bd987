"""What carriers call on us with: verified, committed in groups, answered; the work comes after."""
