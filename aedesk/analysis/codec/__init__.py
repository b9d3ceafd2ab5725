"""Measures codecs: rate, fidelity, time, and BD-rates against other formats."""
