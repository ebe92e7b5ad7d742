"""The client area: the affiliate program."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from billing.actions.affiliates import ProgramClosed, join_program
from billing.actions.withdrawals import (
    WithdrawalInvalid,
    WithdrawalRefused,
    request_withdrawal,
    withdraw_to_credit,
)
from billing.forms.affiliate import PayoutForm
from billing.models import Affiliate, Client
from billing.queries.affiliates import read_affiliate_settings, why_no_withdrawal
from billing.queries.pages_affiliate import (
    affiliate_of,
    open_requests,
    pending_commissions,
    read_summary,
    referral_page,
    statement_page,
)
from billing.views.current import actor_of, client_required
from billing.views.referrals import PARAMETER

SHOWN_PENDING = 50


@require_GET
@client_required
def program(request: HttpRequest, client: Client) -> HttpResponse:
    """What the program is for those who have not joined; link, figures and referrals for those who have."""
    affiliate = affiliate_of(client)
    if affiliate is None:
        return _invitation(request)
    return _page(request, affiliate, PayoutForm())


@require_POST
@client_required
def join(request: HttpRequest, client: Client) -> HttpResponse:
    """Makes the client an affiliate; pressed twice, it is one."""
    try:
        join_program(client=client, actor=actor_of(request), now=timezone.now())
    except ProgramClosed as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("You are an affiliate now. Share your link."))
    return redirect("client:affiliate")


@require_GET
@client_required
def statement(request: HttpRequest, client: Client) -> HttpResponse:
    """What moved the balance, and what is going to."""
    affiliate = _get_affiliate(client)
    context = {
        "room": "affiliate",
        "affiliate": affiliate,
        "summary": read_summary(affiliate),
        "page": statement_page(affiliate, number=request.GET.get("page", "1")),
        "pending": pending_commissions(affiliate)[:SHOWN_PENDING],
    }
    return render(request, "client/affiliate_statement.html", context)


@require_POST
@client_required
def to_credit(request: HttpRequest, client: Client) -> HttpResponse:
    """The balance becomes credit; pressed twice, there is nothing left the second time."""
    try:
        withdraw_to_credit(affiliate=_get_affiliate(client), actor=actor_of(request), now=timezone.now())
    except WithdrawalRefused as error:
        messages.warning(request, str(error))
    else:
        messages.success(request, _("Your earnings are credit now: you can pay invoices with it."))
    return redirect("client:affiliate")


@require_POST
@client_required
def payout(request: HttpRequest, client: Client) -> HttpResponse:
    """Asks for the balance to be paid."""
    affiliate = _get_affiliate(client)
    form = PayoutForm(request.POST)
    if form.is_valid():
        try:
            request_withdrawal(
                affiliate=affiliate,
                details=form.cleaned_data["details"],
                actor=actor_of(request),
                now=timezone.now(),
            )
        except WithdrawalInvalid as error:
            for text in error.errors["details"]:
                form.add_error("details", text)
        except WithdrawalRefused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("We have your request and write to you once it is paid."))
            return redirect("client:affiliate")
    return _page(request, affiliate, form)


def _get_affiliate(client: Client) -> Affiliate:
    affiliate = affiliate_of(client)
    if affiliate is None:
        raise Http404
    return affiliate


def _invitation(request: HttpRequest) -> HttpResponse:
    settings = read_affiliate_settings()
    if not settings.is_on:
        raise Http404
    return render(request, "client/affiliate_join.html", {"room": "affiliate", "settings": settings})


def _page(request: HttpRequest, affiliate: Affiliate, form: PayoutForm) -> HttpResponse:
    settings = read_affiliate_settings()
    context: dict[str, Any] = {
        "room": "affiliate",
        "affiliate": affiliate,
        "settings": settings,
        "link": f"{request.build_absolute_uri(reverse('store:home'))}?{PARAMETER}={affiliate.code}",
        "summary": read_summary(affiliate),
        "requests": open_requests(affiliate),
        "refusal": why_no_withdrawal(affiliate, settings),
        "form": form,
        "page": referral_page(affiliate, number=request.GET.get("page", "1")),
    }
    return render(request, "client/affiliate.html", context, status=422 if form.errors else 200)
