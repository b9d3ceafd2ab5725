"""Networks of the shipped restoration models."""
