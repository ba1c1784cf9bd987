"""What only a person can answer: tickets, whose they are, who may see them, and how their owner is kept to them."""
