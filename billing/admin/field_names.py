"""Custom fields that mean what a module reads under another key: shown with what renaming does, then renamed (P11)."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from billing.actions.field_names import ValueConflict, take_module_key
from billing.admin.frames import frame
from billing.models import ServiceField
from billing.permissions import Permission
from billing.queries.clock import database_now
from catalog.actions.field_names import FieldKeyUnknown, Rename, propose_renames
from catalog.models import CustomField, Product


@dataclass(frozen=True, slots=True)
class RenameRow:
    """A proposal with what it moves: services that have a value, and those whose two values differ."""

    rename: Rename
    values: int
    conflicts: tuple[int, ...]

    @property
    def mark(self) -> str:
        """What the page sends back: the field and the key that was shown for it."""
        return f"{self.rename.field.pk}:{self.rename.key}"


@admin.register(CustomField)
class CustomFieldAdmin(ModelAdmin):  # type: ignore[misc]
    """No list of rows: they are edited on the page of their product. Only the page that renames them."""

    def get_urls(self) -> list[URLPattern]:
        inside = self.admin_site.admin_view
        return [path("<int:product_id>/names/", inside(names_view), name="catalog_customfield_names")]

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


def names_view(request: HttpRequest, product_id: int) -> HttpResponse:
    """What would be renamed and what moves with it; a POST renames what was ticked.

    Raises PermissionDenied, Http404.
    """
    if not request.user.has_perm(Permission.MANAGE_CATALOG):
        raise PermissionDenied
    rows = Product.objects.select_related("server_group").prefetch_related("custom_fields")
    product = rows.filter(pk=product_id).first()
    if product is None:
        raise Http404
    home = reverse("admin:catalog_product_change", args=[product_id])
    if request.method == "POST":
        is_done = _rename(request, propose_renames(product))
        return redirect(home if is_done else request.path)
    title = _("Fields of %(product)s") % {"product": product}
    trail = (reverse("admin:catalog_product_changelist"), _("Products")), (home, product.name)
    context = {**frame(request, *trail, title=title), "rows": _rows(propose_renames(product)), "home": home}
    return TemplateResponse(request, "admin/catalog/product/names.html", context)


def _rows(renames: Iterable[Rename]) -> list[RenameRow]:
    """Three queries at most, however many there are."""
    proposed = list(renames)
    values = ServiceField.objects.filter(field__in=[rename.field for rename in proposed])
    counts = Counter(values.values_list("field_id", flat=True))
    merged = [field for rename in proposed if rename.target for field in (rename.field, rename.target)]
    kept = _values_of(ServiceField.objects.filter(field__in=merged)) if merged else {}
    return [RenameRow(rename, counts[rename.field.pk], _conflicts(rename, kept)) for rename in proposed]


def _values_of(rows: QuerySet[ServiceField]) -> dict[int, dict[int, str]]:
    found: dict[int, dict[int, str]] = {}
    for row in rows:
        if row.value:
            found.setdefault(row.field_id, {})[row.service_id] = row.value
    return found


def _conflicts(rename: Rename, kept: dict[int, dict[int, str]]) -> tuple[int, ...]:
    if rename.target is None:
        return ()
    held = kept.get(rename.target.pk, {})
    moved = kept.get(rename.field.pk, {})
    return tuple(sorted(service for service, value in moved.items() if held.get(service, value) != value))


def _rename(request: HttpRequest, proposed: list[Rename]) -> bool:
    """True once all that was ticked has its key. What is proposed no longer is left alone."""
    marks = set(request.POST.getlist("marks"))
    chosen = [rename for rename in proposed if f"{rename.field.pk}:{rename.key}" in marks]
    if not chosen or len(chosen) < len(marks):
        messages.warning(request, _("The fields have changed since you looked, or none was chosen. Look again."))
        return False
    conflicts: list[ValueConflict] = []
    for rename in chosen:
        try:
            conflicts += take_module_key(
                field=rename.field, key=rename.key, actor=str(request.user), now=database_now()
            )
        except FieldKeyUnknown:
            messages.error(request, _("The module no longer reads %(key)s: nothing is renamed.") % {"key": rename.key})
            return False
    if conflicts:
        _tell_conflicts(request, conflicts)
        return False
    messages.success(request, _("The fields have the keys of the module. Every value is kept."))
    return True


def _tell_conflicts(request: HttpRequest, conflicts: list[ValueConflict]) -> None:
    """Without the values: one may be a secret."""
    numbers = sorted({conflict.service_id for conflict in conflicts})
    words = _("Two different values: %(services)s. Correct one on the page of the service, then rename again.")
    messages.error(request, words % {"services": ", ".join(f"#{number}" for number in numbers)})
