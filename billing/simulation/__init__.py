"""A year of a reseller in minutes: the engine's own actions and nights over a scratch database, judged at the end.

Nothing here is part of the portal at work, and nothing reaches its data: `scratch` makes a database of its own.
"""
