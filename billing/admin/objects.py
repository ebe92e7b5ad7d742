"""The base of the back office's lists and pages: nothing is saved by a form, everything by a button."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.text import capfirst
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import CheckboxFilter

from billing.admin.buttons import Button, answer
from billing.models import Event


class ReadOnlyAdmin(ModelAdmin):  # type: ignore[misc]
    """Rows that people only look at."""

    list_filter_submit = True
    list_fullwidth = True
    list_per_page = 50
    # When there will be something on a list that is empty.
    empty_words: ClassVar[Any] = ""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """The title names what is listed."""
        title = {"title": capfirst(str(self.opts.verbose_name_plural))}
        response: HttpResponse = super().changelist_view(request, {**title, **(extra_context or {})})
        return response

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ObjectAdmin(ReadOnlyAdmin):
    """A list, a page of our own for each object (`page_template`), and the buttons on it."""

    page_template: ClassVar[str]
    buttons: ClassVar[Sequence[Button[Any]]] = ()
    # Makes a new object; its dialog is a page of its own.
    add_button: ClassVar[Button[Any] | None] = None
    # What the page shows of the object, read at once.
    page_related: ClassVar[Sequence[str]] = ()
    actions: Any = ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.add_button is not None and request.user.has_perm(self.add_button.permission)

    def get_urls(self) -> list[URLPattern]:
        name = self._url_name
        own = [
            path("<int:object_id>/do/<slug:code>/", self.admin_site.admin_view(self.do_view), name=f"{name}_do"),
            path("<int:object_id>/live/", self.admin_site.admin_view(self.live_view), name=f"{name}_live"),
        ]
        urls: list[URLPattern] = super().get_urls()
        return own + urls

    def get_page_object(self, request: HttpRequest, object_id: Any) -> Any:
        """The object with what its page shows. Raises Http404, PermissionDenied."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        try:
            return self.get_page_queryset().get(pk=unquote(str(object_id)))
        except (self.model.DoesNotExist, ValueError) as error:
            raise Http404 from error

    def get_page_queryset(self) -> QuerySet[Any]:
        """Where the page's object is read from."""
        found: QuerySet[Any] = self.model._default_manager.select_related(*self.page_related)
        return found

    def get_buttons(self, subject: Any) -> list[Button[Any]]:
        """The buttons that make sense for the object as it is."""
        return [button for button in self.buttons if button.is_shown(subject)]

    def find_button(self, code: str, subject: Any) -> Button[Any]:
        """Whether it makes sense now or not. Raises Http404 for a code that no button has."""
        for button in self.buttons:
            if button.code == code:
                return button
        raise Http404

    def get_facts(self, request: HttpRequest, subject: Any) -> dict[str, Any]:
        """What the page's template wants besides the object and its buttons."""
        return {}

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The object's page; it is read, the buttons write."""
        subject = self.get_page_object(request, object_id)
        return TemplateResponse(request, self.page_template, self.page_context(request, subject))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form of `add_button`."""
        if self.add_button is None or not self.has_add_permission(request):
            raise PermissionDenied
        home = reverse(f"admin:{self._url_name}_changelist")
        return answer(request, self.add_button, None, context=self.frame(request, self._list_crumb), home=home)

    def do_view(self, request: HttpRequest, object_id: int, code: str) -> HttpResponse:
        """The dialog of one button, and what it does."""
        subject = self.get_page_object(request, object_id)
        button = self.find_button(code, subject)
        if not request.user.has_perm(button.permission):
            raise PermissionDenied
        home = reverse(f"admin:{self._url_name}_change", args=[object_id])
        frame = self.frame(request, self._list_crumb, (home, self.page_title(subject)))
        return answer(request, button, subject, context=frame, home=home)

    def live_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The moving part of the page (`#live` of its template), for polling; 204 while nothing is new."""
        subject = self.get_page_object(request, object_id)
        context = self.page_context(request, subject)
        if request.GET.get("mark", "") == context.get("mark", ""):
            return HttpResponse(status=204)
        return TemplateResponse(request, f"{self.page_template}#live", context)

    def page_context(self, request: HttpRequest, subject: Any) -> dict[str, Any]:
        """Everything that the object's page is drawn from."""
        return {
            **self.frame(request, self._list_crumb),
            "title": self.page_title(subject),
            "subject": subject,
            "buttons": [button for button in self.get_buttons(subject) if request.user.has_perm(button.permission)],
            "do_url": f"admin:{self._url_name}_do",
            "live_url": reverse(f"admin:{self._url_name}_live", args=[subject.pk]),
            **self.get_facts(request, subject),
        }

    def frame(self, request: HttpRequest, *trail: tuple[str, Any]) -> dict[str, Any]:
        """What the surroundings of a page need; `trail` leads to it as (address, words)."""
        return {**self.admin_site.each_context(request), "opts": self.model._meta, "trail": trail}

    def page_title(self, subject: Any) -> str:
        """Names the object."""
        return str(subject)

    @property
    def _list_crumb(self) -> tuple[str, Any]:
        return reverse(f"admin:{self._url_name}_changelist"), self.model._meta.verbose_name_plural

    @property
    def _url_name(self) -> str:
        return f"{self.model._meta.app_label}_{self.model._meta.model_name}"


class Chips(SimpleListFilter):
    """A filter that stands above the list as chips instead of in the sheet of filters. The first one is the default."""

    template = "admin/no_filter.html"
    parameter_name = "show"

    def chips(self) -> Iterable[tuple[str, Any]]:
        """(code, word) in display order."""
        raise NotImplementedError

    def narrow(self, queryset: QuerySet[Any], code: str, request: HttpRequest) -> QuerySet[Any]:
        """The rows behind a chip."""
        raise NotImplementedError

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return list(self.chips())

    @property
    def chosen(self) -> str:
        """The code in the URL, or the first."""
        codes = [code for code, _word in self.chips()]
        return str(self.value()) if self.value() in codes else codes[0]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return self.narrow(queryset, self.chosen, request)

    def choices(self, changelist: Any) -> Any:
        for code, word in self.chips():
            yield {
                "selected": code == self.chosen,
                "query_string": changelist.get_query_string({self.parameter_name: code}, ["p"]),
                "display": word,
            }


def words_filter(field: str, title: Any, words: Mapping[str, Any]) -> type[CheckboxFilter]:
    """A filter by a text field whose values have words: people choose among those."""

    class WordsFilter(CheckboxFilter):  # type: ignore[misc]
        parameter_name = field

        def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
            return list(words.items())

        def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
            chosen = [value for value in self.value() or [] if value in words]
            return queryset.filter(**{f"{field}__in": chosen}) if chosen else queryset

    WordsFilter.title = title
    return WordsFilter


def history(**about: models.Model) -> list[Event]:
    """The newest events about an object, for its page."""
    return list(Event.objects.filter(**about).select_related("operation").order_by("-id")[:30])
