from tests.billing.gateways.shop import stripe, stripe_server

__all__ = ["stripe", "stripe_server"]
