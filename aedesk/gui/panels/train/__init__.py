"""The Train panel: the recipe draft, the training session, and their views."""
