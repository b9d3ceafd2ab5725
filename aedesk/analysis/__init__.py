"""Floor 4: measuring models and comparing them with other tools."""
