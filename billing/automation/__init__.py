"""The nightly run: one file a duty, each a sweep whose plan and whose deeds come of the same code."""
