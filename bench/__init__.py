"""How fast the portal is, beside ceilings measured in the same run. `make bench` prints JSON lines."""
