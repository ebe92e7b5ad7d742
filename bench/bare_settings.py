"""The portal's settings with the bare pages in place of its own."""

from config.settings import *  # noqa: F403

ROOT_URLCONF = "bench.bare"
