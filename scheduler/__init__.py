"""Acts on time: the clock, the outbox, the dispatcher and the rules on the way out."""
