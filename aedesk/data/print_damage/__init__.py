"""Synthetic damage of old prints: clean photographs are turned into aged prints, damaged and scanned; a mask marks the damaged pixels.

Modules: ``canvas`` and ``textures`` draw shapes and random fields; ``lines``, ``specks``, ``stains`` and ``tears`` draw the damage used
for training, ``unseen`` the damage used for evaluation only; ``subjects`` draws hard negatives; ``prints`` and ``scans`` the steps before
and after the damage; ``pipeline`` joins them.
"""
