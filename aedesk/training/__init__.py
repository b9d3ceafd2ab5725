"""Floor 4: training runs, from a recipe to a weights file."""
