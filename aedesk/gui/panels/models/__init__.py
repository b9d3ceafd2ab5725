"""The Models page: what the middle of the window shows while the Models panel is in front."""
