"""A page as one row of tabs: fieldsets and inlines side by side, each tab with what is wrong on it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin


@dataclass(frozen=True, slots=True)
class Tab:
    """What stands on a tab: a template of its own, then fieldsets in the admin's shape, then inlines."""

    code: str
    label: str | Promise
    fieldsets: tuple[tuple[Any, dict[str, Any]], ...] = ()
    inlines: tuple[type[Any], ...] = ()
    template: str = ""


@dataclass(frozen=True, slots=True)
class TabError:
    """What is wrong with a field, and where on the page it is."""

    label: str
    target: str
    messages: tuple[str, ...]


@dataclass(slots=True)
class ShownTab:
    """A tab as the page draws it."""

    tab: Tab
    fieldsets: list[Any]
    inlines: list[Any]
    errors: list[TabError] = field(default_factory=list)

    @property
    def address(self) -> str:
        """Leads to it within the page."""
        return f"tab-{self.tab.code}"


class TabbedAdmin(ModelAdmin):  # type: ignore[misc]
    """A page with `tabs` in place of fieldsets and inlines."""

    change_form_template = "admin/catalog/tabs.html"
    tabs: ClassVar[Sequence[Tab]] = ()

    def get_tabs(self, request: HttpRequest, obj: Any = None) -> Sequence[Tab]:
        """The tabs of this page."""
        return self.tabs

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, dict[str, Any]]]:
        return [fieldset for tab in self.get_tabs(request, obj) for fieldset in tab.fieldsets]

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[type[Any]]:
        return [inline for tab in self.get_tabs(request, obj) for inline in tab.inlines]

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Any = None,
    ) -> HttpResponse:
        """With the tabs in the context."""
        tabs = self.get_tabs(request, obj)
        context["tabs"] = show_tabs(tabs, context["adminform"], context["inline_admin_formsets"])
        context["tab_errors"] = any(shown.errors for shown in context["tabs"])
        page: HttpResponse = super().render_change_form(request, context, add, change, form_url, obj)
        return page


def show_tabs(tabs: Sequence[Tab], adminform: Iterable[Any], inlines: Iterable[Any]) -> list[ShownTab]:
    """Deals the fieldsets and inlines of a page out to its tabs, in the order in which they were asked for."""
    fieldsets, formsets = iter(adminform), {type(inline.opts): inline for inline in inlines}
    shown = []
    for tab in tabs:
        mine = ShownTab(
            tab,
            [next(fieldsets) for _fieldset in tab.fieldsets],
            # Staff who may not see the rows have no formset for them.
            [formsets[inline] for inline in tab.inlines if inline in formsets],
        )
        mine.errors = [*_errors_of_fieldsets(mine.fieldsets), *_errors_of_inlines(mine)]
        shown.append(mine)
    return shown


def _errors_of_fieldsets(fieldsets: Iterable[Any]) -> Iterator[TabError]:
    for fieldset in fieldsets:
        for line in fieldset:
            for each in line:
                if not each.is_readonly and each.field.errors:
                    yield _error_of(each.field)


def _errors_of_inlines(shown: ShownTab) -> Iterator[TabError]:
    for inline in shown.inlines:
        messages = tuple(map(str, inline.formset.non_form_errors()))
        if messages:
            yield TabError(capfirst(str(inline.opts.verbose_name_plural)), shown.address, messages)
        for form in inline.formset.forms:
            if not form.is_bound:
                continue
            for message in form.non_field_errors():
                yield TabError(_row_words(form), shown.address, (str(message),))
            for bound in form:
                if bound.errors:
                    yield _error_of(bound, row=_row_words(form))


def _error_of(bound: Any, row: str = "") -> TabError:
    label = capfirst(str(bound.label))
    return TabError(f"{row}: {label}" if row else label, bound.auto_id, tuple(map(str, bound.errors)))


def _row_words(form: Any) -> str:
    """The row as it is titled on the page."""
    return str(form.instance) if form.instance.pk else _("New line")
