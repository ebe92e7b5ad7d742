"""Reading a catalog file in: all of it or nothing (`catalog.portable` knows the file)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from catalog.actions.groups import GroupInvalid, save_group
from catalog.actions.options import OptionValues
from catalog.actions.products import ProductInvalid, create_product, update_product
from catalog.checks import PriceValues
from catalog.models import Currency, CustomField, Product, ProductGroup
from catalog.portable.comparing import Change, find_changes, is_offered
from catalog.portable.reading import CatalogFileInvalid, read_catalog
from catalog.portable.shape import LINKS, PRODUCTS, Entry
from catalog.portable.writing import Catalog, stored_catalog
from noc.models import ServerGroup


def import_catalog(*, text: str, prune: bool = False, dry_run: bool = False) -> list[Change]:
    """Makes the catalog say what the file says and returns what that changed, [] the second time.

    What the file leaves out stays; with `prune` products are retired, groups and options hidden, prices no longer
    offered. Nothing is deleted that anything hangs on. A dry run does all of it and takes it back.
    Raises CatalogFileInvalid with every fault and its path.
    """
    wanted = read_catalog(text)
    with transaction.atomic():
        # Two imports at once would each compare with what the other is changing.
        list(ProductGroup.objects.select_for_update().order_by("pk").values_list("pk"))
        stored = stored_catalog()
        changes = find_changes(stored, wanted, prune=prune)
        if changes:
            _Import(stored, wanted, changes, prune).run()
        if dry_run:
            transaction.set_rollback(True)
    return changes


@dataclass
class _Import:
    """One run; faults are collected over all entries before it gives up."""

    stored: Catalog
    wanted: Catalog
    changes: list[Change]
    prune: bool

    def run(self) -> None:
        """Raises CatalogFileInvalid."""
        self.errors: list[str] = []
        self.currencies = Currency.objects.in_bulk()
        self.server_groups = {group.name: group for group in ServerGroup.objects.all()}
        self.touched = {change.top for change in self.changes}
        self.rows = {entry.key: entry for entry in self.stored.products}
        for entry in self.wanted.groups:
            self.save_group(entry)
        self.groups = {group.slug: group for group in ProductGroup.objects.all()}
        for entry in self.wanted.products:
            if (PRODUCTS.name, entry.key) in self.touched:
                self.check_links(entry)
                self.save_product(entry)
        if not self.errors:
            self.link_products()
        if self.prune:
            self.retire()
        self.errors += [] if self.errors else self.find_rest()
        if self.errors:
            raise CatalogFileInvalid(self.errors)

    def save_group(self, entry: Entry) -> None:
        slug = entry.key[0]
        group = ProductGroup.objects.filter(slug=slug).first() or ProductGroup(slug=slug)
        if group.pk is None and "name" not in entry.values:
            self.errors.append(f"{entry.path}.name: {_('This is missing.')}")
            return
        try:
            save_group(group=group, values=entry.values)
        except GroupInvalid as invalid:
            self.note(entry, invalid.errors)

    def save_product(self, entry: Entry) -> None:
        group_slug, slug = entry.key
        group = self.groups.get(group_slug)
        if group is None:
            self.errors.append(f"{entry.path}.group: {_('There is no group “%(name)s”.') % {'name': group_slug}}")
            return
        product = Product.objects.filter(group=group, slug=slug).first()
        if product is None and "name" not in entry.values:
            self.errors.append(f"{entry.path}.name: {_('This is missing.')}")
            return
        values = {name: value for name, value in entry.values.items() if name not in LINKS}
        if "server_group" in values:
            values["server_group"] = self.server_groups.get(values["server_group"])
        stored = self.rows.get(entry.key)
        options = self.option_values(stored, entry)
        prices = self.price_values(stored, entry)
        try:
            if product is None:
                product = create_product(
                    values={"group": group, "slug": slug, **values}, prices=prices or [], options=options
                )
            else:
                update_product(product=product, values=values, prices=prices, options=options)
        except ProductInvalid as invalid:
            self.note(entry, invalid.errors)
        else:
            self.save_fields(product, entry)

    def save_fields(self, product: Product, entry: Entry) -> None:
        """After the product, which brings those that its kind needs."""
        present = set(product.custom_fields.values_list("key", flat=True))
        for field in entry.parts.get("fields", ()):
            if field.key[0] not in present and "label" not in field.values:
                self.errors.append(f"{field.path}.label: {_('This is missing.')}")
                continue
            CustomField.objects.update_or_create(product=product, key=field.key[0], defaults=dict(field.values))

    def price_values(self, stored: Entry | None, wanted: Entry) -> list[PriceValues] | None:
        """All prices that the entry will have; None where the file does not speak of them."""
        if "prices" not in wanted.parts:
            return None
        kept = {} if stored is None else {price.key: dict(price.values) for price in stored.parts["prices"]}
        said = {price.key: kept.get(price.key, {}) | dict(price.values) for price in wanted.parts["prices"]}
        for price in wanted.parts["prices"]:
            if "price" not in said[price.key]:
                self.errors.append(f"{price.path}.price: {_('This is missing.')}")
        every = said if self.prune else kept | said
        return [
            PriceValues(self.currencies[currency], cycle, **values)
            for (currency, cycle), values in every.items()
            if "price" in values
        ]

    def option_values(self, stored: Entry | None, wanted: Entry) -> list[OptionValues]:
        """What is to be written of the options: first those of the file, then those that it leaves out."""
        kept = {} if stored is None else {option.key: option for option in stored.parts["options"]}
        said = wanted.parts.get("options", [])
        values = [
            OptionValues(option.key[0], option.values, self.price_values(kept.get(option.key), option))
            for option in said
        ]
        if self.prune and "options" in wanted.parts:
            left_out = [option for key, option in kept.items() if key not in {each.key for each in said}]
            values += [OptionValues(each.key[0], {"is_hidden": True}) for each in left_out if is_offered(each)]
        return values

    def check_links(self, entry: Entry) -> None:
        known = {"/".join(each.key) for each in (*self.stored.products, *self.wanted.products)}
        for field in LINKS:
            for name in entry.values.get(field, ()):
                if name not in known:
                    words = {"name": name}
                    self.errors.append(f"{entry.path}.{field}: {_('There is no product “%(name)s”.') % words}")

    def link_products(self) -> None:
        """Last, when all products are there."""
        products = {f"{row.group.slug}/{row.slug}": row for row in Product.objects.select_related("group")}
        for entry in self.wanted.products:
            links = {
                field: [products[name] for name in names]
                for field in LINKS
                if field in entry.values and (names := self.find_links(entry, field)) is not None
            }
            if links:
                self.save_links(entry, products[entry.words], links)

    def find_links(self, entry: Entry, field: str) -> list[str] | None:
        """All that the entry will have; None where that is what it has."""
        present = self.rows[entry.key].values[field] if entry.key in self.rows else []
        names = sorted({*entry.values[field], *([] if self.prune else present)})
        return names if names != present else None

    def save_links(self, entry: Entry, product: Product, links: Mapping[str, Sequence[Product]]) -> None:
        try:
            addons, cross_sells = links.get("addons"), links.get("cross_sells")
            update_product(product=product, values={}, addons=addons, cross_sells=cross_sells)
        except ProductInvalid as invalid:
            self.note(entry, invalid.errors)

    def retire(self) -> None:
        """What the file leaves out is taken off sale."""
        for change in self.changes:
            section, key = change.top
            if change.sign != "-" or change.path:
                continue
            if section == PRODUCTS.name and key not in {entry.key for entry in self.wanted.products}:
                Product.objects.filter(group__slug=key[0], slug=key[1]).update(is_retired=True)
            elif section == "groups":
                save_group(group=ProductGroup.objects.get(slug=key[0]), values={"is_hidden": True})

    def find_rest(self) -> list[str]:
        """What the file asks for and the portal decides otherwise, such as a kind that follows from the Product ID."""
        rest = find_changes(stored_catalog(), self.wanted, prune=self.prune)
        return [f"{change.path}: {_('The portal decides otherwise:')} {change.words}" for change in rest]

    def note(self, entry: Entry, errors: Mapping[str, Sequence[str]]) -> None:
        """Faults that the catalog's own rules found, with the path that leads to them."""
        for name, messages in errors.items():
            path = f"{entry.path}.{_path_of(entry, name)}"
            self.errors += [f"{path}: {message}" for message in messages]


def _path_of(entry: Entry, name: str) -> str:
    """ "options.0.maximum" → "options[0].maximum"."""
    head, _dot, rest = name.partition(".")
    index, _second, tail = rest.partition(".")
    return f"{head}[{index}].{tail}" if index.isdecimal() and tail else name
