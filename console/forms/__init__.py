"""What officials fill in: one module a noun. Messages are Vietnamese and say what to do."""
