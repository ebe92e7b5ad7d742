"""E-mail templates in the back office: their list, a page of each with a live preview, its versions."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from billing.actions.letter_templates import LetterInvalid, LetterRefused, save_letter, send_test_letter
from billing.admin.buttons import answer
from billing.admin.frames import frame
from billing.admin.letter_buttons import CreateLetter, DeleteLetter, ResetLetter, RestoreVersion, SetUpLetter, Sheet
from billing.admin.letter_lists import filter_letters, list_chips
from billing.admin.letter_previews import chosen_event, event_choices, preview, variable_groups
from billing.letters.catalogue import find_letter
from billing.letters.checking import PARTS
from billing.letters.source import Source, read_source
from billing.models import EmailTemplate, EmailTemplateVersion, LetterSettings
from billing.permissions import Permission
from billing.queries.clock import database_now
from billing.queries.letter_templates import versions_of

_BUTTONS = (SetUpLetter(), ResetLetter(), DeleteLetter())


@admin.register(EmailTemplate)
class EmailTemplateAdmin(ModelAdmin):  # type: ignore[misc]
    """No rows of a table: letters that ship with the portal have none until they are changed."""

    def get_urls(self) -> list[URLPattern]:
        inside, name, sheet = self.admin_site.admin_view, "billing_emailtemplate", "<str:letter>/<slug:language>/"
        return [
            path("", inside(list_view), name=f"{name}_changelist"),
            path("new/", inside(create_view), name=f"{name}_add"),
            path(sheet, inside(letter_view), name=f"{name}_letter"),
            path(f"{sheet}preview/", inside(preview_view), name=f"{name}_preview"),
            path(f"{sheet}test/", inside(test_view), name=f"{name}_test"),
            path(f"{sheet}do/<slug:code>/", inside(do_view), name=f"{name}_do"),
            path(f"{sheet}versions/<int:number>/", inside(version_view), name=f"{name}_version"),
            path(f"{sheet}versions/<int:number>/restore/", inside(restore_view), name=f"{name}_restore"),
        ]


def list_view(request: HttpRequest) -> HttpResponse:
    """All letters, searchable, with what was changed of them."""
    _require(request)
    context = {
        **frame(request, title=_("E-mail templates")),
        "letters": filter_letters(request.GET),
        "wanted": request.GET.get("q", ""),
        "chips": list_chips(request.GET),
        "create": CreateLetter(),
        "may_change": request.user.has_perm(Permission.MANAGE_SETTINGS),
        "languages": settings.LANGUAGES,
    }
    return TemplateResponse(request, "admin/billing/emailtemplate/list.html", context)


def create_view(request: HttpRequest) -> HttpResponse:
    """The dialog of a new letter."""
    return _answer(request, CreateLetter(), None, home=_list_address())


def letter_view(request: HttpRequest, letter: str, language: str) -> HttpResponse:
    """What a letter says in one language; a POST saves it, with all errors beside what was typed."""
    sheet = _find(request, letter, language)
    source, errors = read_source(sheet.letter, language), dict[str, list[str]]()
    if request.method == "POST":
        _require(request, Permission.MANAGE_SETTINGS)
        source = _typed(request)
        try:
            save_letter(
                letter=sheet.letter, language=language, source=source, actor=str(request.user), now=database_now()
            )
        except LetterInvalid as invalid:
            errors = invalid.errors
        else:
            messages.success(request, _("The letter is saved. It is sent like this from now on."))
            return redirect(_address(sheet))
    return TemplateResponse(request, "admin/billing/emailtemplate/page.html", _page(request, sheet, source, errors))


def preview_view(request: HttpRequest, letter: str, language: str) -> HttpResponse:
    """What the typed text looks like on a real event; nothing is saved."""
    sheet = _find(request, letter, language)
    if request.method != "POST":
        return redirect(_address(sheet))
    shown = preview(sheet.letter, _typed(request), language, event_id=request.POST.get("event", ""))
    return TemplateResponse(request, "admin/billing/emailtemplate/page.html#preview", {"preview": shown})


def test_view(request: HttpRequest, letter: str, language: str) -> HttpResponse:
    """Sends the typed text, as it is previewed, to whoever presses the button."""
    sheet = _find(request, letter, language)
    _require(request, Permission.MANAGE_SETTINGS)
    if request.method != "POST":
        return redirect(_address(sheet))
    shown = preview(sheet.letter, _typed(request), language, event_id=request.POST.get("event", ""))
    context: dict[str, Any] = {"recipient": request.user.email}  # type: ignore[union-attr]
    try:
        if shown.letter is None:
            raise LetterRefused(_("The letter has errors: see the preview."))
        send_test_letter(letter=shown.letter, recipient=context["recipient"])
    except LetterRefused as refused:
        context["refusal"] = str(refused)
    return TemplateResponse(request, "admin/billing/emailtemplate/page.html#tested", context)


def do_view(request: HttpRequest, letter: str, language: str, code: str) -> HttpResponse:
    """The dialog of one button, and what it does."""
    sheet = _find(request, letter, language)
    for button in _BUTTONS:
        if button.code == code and button.is_shown(sheet):
            return _answer(request, button, sheet, home=_address(sheet))
    raise Http404


def version_view(request: HttpRequest, letter: str, language: str, number: int) -> HttpResponse:
    """What the letter said before."""
    sheet, version = _find_version(request, letter, language, number)
    trail = (_list_address(), _("E-mail templates")), (_address(sheet), str(sheet))
    context = {
        **frame(request, *trail, title=_("Version of “%(letter)s”") % {"letter": sheet}),
        "version": version,
        "may_change": request.user.has_perm(Permission.MANAGE_SETTINGS),
        "restore": reverse("admin:billing_emailtemplate_restore", args=[letter, language, number]),
    }
    return TemplateResponse(request, "admin/billing/emailtemplate/version.html", context)


def restore_view(request: HttpRequest, letter: str, language: str, number: int) -> HttpResponse:
    """The dialog that takes a version up again."""
    sheet, version = _find_version(request, letter, language, number)
    if version.is_default:
        raise Http404
    return _answer(request, RestoreVersion(version), sheet, home=_address(sheet))


def _require(request: HttpRequest, permission: Permission = Permission.VIEW) -> None:
    if not request.user.has_perm(permission):
        raise PermissionDenied


def _find(request: HttpRequest, letter: str, language: str) -> Sheet:
    _require(request)
    found = find_letter(letter)
    if found is None or language not in dict(settings.LANGUAGES):
        raise Http404
    return Sheet(found, language)


def _find_version(request: HttpRequest, letter: str, language: str, number: int) -> tuple[Sheet, EmailTemplateVersion]:
    sheet = _find(request, letter, language)
    version = EmailTemplateVersion.objects.filter(letter=letter, language=language, pk=number).first()
    if version is None:
        raise Http404
    return sheet, version


def _answer(request: HttpRequest, button: Any, sheet: Sheet | None, *, home: str) -> HttpResponse:
    _require(request, button.permission)
    surroundings = frame(request, (_list_address(), _("E-mail templates")), title=button.title(sheet))
    return answer(request, button, sheet, context=surroundings, home=home)


def _typed(request: HttpRequest) -> Source:
    parts = {part: request.POST.get(part, "").replace("\r\n", "\n").replace("\x00", "") for part in PARTS}
    return Source(**parts, is_default=False)


def _page(request: HttpRequest, sheet: Sheet, source: Source, errors: Mapping[str, list[str]]) -> dict[str, Any]:
    """Everything that the page of a letter is drawn from."""
    events = event_choices(sheet.letter)
    may_change = request.user.has_perm(Permission.MANAGE_SETTINGS)
    return {
        **frame(request, (_list_address(), _("E-mail templates")), title=str(sheet)),
        "sheet": sheet,
        "subject": sheet,
        "source": source,
        "errors": errors,
        "is_changed": EmailTemplate.objects.filter(letter=sheet.letter.name, language=sheet.language).exists(),
        "settings": LetterSettings.objects.filter(letter=sheet.letter.name).first(),
        "events": events,
        "preview": preview(sheet.letter, source, sheet.language, event_id=chosen_event(events)),
        "groups": variable_groups(sheet.letter),
        "versions": versions_of(sheet.letter.name, sheet.language),
        "languages": settings.LANGUAGES,
        "may_change": may_change,
        "buttons": _buttons(sheet) if may_change else [],
    }


def _buttons(sheet: Sheet) -> list[tuple[Any, str]]:
    """(button, address of its dialog)."""
    arguments = [sheet.letter.name, sheet.language]
    return [
        (button, reverse("admin:billing_emailtemplate_do", args=[*arguments, button.code]))
        for button in _BUTTONS
        if button.is_shown(sheet)
    ]


def _address(sheet: Sheet) -> str:
    return reverse("admin:billing_emailtemplate_letter", args=[sheet.letter.name, sheet.language])


def _list_address() -> str:
    return reverse("admin:billing_emailtemplate_changelist")
