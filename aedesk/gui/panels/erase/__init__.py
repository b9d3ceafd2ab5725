"""The parts of the Erase panel: the mask editor, its tools, and the work that is queued."""
