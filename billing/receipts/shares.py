"""Kopecks split in proportion, none lost. It reads no database and no clock."""

from collections.abc import Sequence


def share_out(amount: int, weights: Sequence[int]) -> list[int]:
    """`amount` split by `weights`, both zero or more: the shares add up to it, the largest remainders get the rest.

    While `amount` is at most the sum of the weights no share exceeds its weight. Raises ValueError where there is an
    amount but no weight to put it on.
    """
    whole = sum(weights)
    if amount == 0:
        return [0] * len(weights)
    if whole <= 0:
        raise ValueError("Nothing to put the amount on")
    shares = [amount * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda index: -(amount * weights[index] % whole))
    for index in by_remainder[: amount - sum(shares)]:
        shares[index] += 1
    return shares
