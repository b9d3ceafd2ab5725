"""The Models panel: the list of models, their cards, import and export."""
