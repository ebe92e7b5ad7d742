from tests.billing.gateways.shop import stripe, stripe_server, yookassa, yookassa_server

__all__ = ["stripe", "stripe_server", "yookassa", "yookassa_server"]
