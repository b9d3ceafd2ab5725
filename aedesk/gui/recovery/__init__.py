"""After a crash: what happened, and the pictures that were open, with what was done to them."""
