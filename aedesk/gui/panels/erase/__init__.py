"""The Erase panel: finds or paints masks, and removes watermarks and defects."""
