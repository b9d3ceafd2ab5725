"""Synthetic damage of old prints: clean photographs become aged prints, get damaged, and are scanned, with a mask of what was damaged.

Modules: ``canvas`` and ``textures`` draw shapes and random fields; ``lines``, ``specks``, ``stains`` and ``tears`` are the kinds of damage
that are trained on, ``unseen`` those that are only measured on; ``subjects`` draws what resembles damage but belongs to the picture;
``prints`` and ``scans`` are what happens before and after; ``pipeline`` joins them.
"""
