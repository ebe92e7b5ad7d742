"""The demo story: one client's licenses from the order to the end, told through the REST API and real workers.

Nothing here imports the portal's code: whoever reads the chapters sees how a program would use the API.
"""

from collections.abc import Callable, Iterator, Sequence

from demo import buying, keeping, opening
from demo.scene import Scene
from demo.table import Line

CHAPTERS: Sequence[Callable[[Scene], Line]] = (
    opening.connect_account,
    opening.make_products,
    opening.register_client,
    buying.order_license,
    buying.pay_twice,
    buying.see_purchase,
    buying.buy_module,
    buying.lose_an_answer,
    keeping.reach_the_end_date,
    keeping.issue_renewals,
    keeping.renew,
    keeping.change_address,
    keeping.terminate,
    keeping.compare_services,
    keeping.compare_money,
)


def tell(scene: Scene) -> Iterator[Line]:
    """A line for each chapter, as it happens. Raises StoryBroken where it cannot go on."""
    for chapter in CHAPTERS:
        yield chapter(scene)
