"""Floor 4: restoring pictures with trained models."""
