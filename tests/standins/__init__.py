"""Servers of this machine that answer as outside services do, each written from its public description."""
