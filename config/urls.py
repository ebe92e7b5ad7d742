"""Every address of the portal, by room."""

from django.contrib import admin
from django.contrib.auth.views import LogoutView, PasswordResetDoneView
from django.urls import include, path
from django.views.i18n import set_language

from billing.admin import reports
from billing.views import (
    account,
    certificates,
    checkout,
    documents,
    health,
    hooks,
    letter_links,
    links,
    my_affiliate,
    my_cancellations,
    my_credit,
    my_invoices,
    my_letters,
    my_orders,
    my_services,
    order_form,
    paying,
    profile,
    single_page,
    store,
)

store_addresses = [
    path("", store.home, name="home"),
    path("store/currency/", store.currency, name="currency"),
    path("store/<slug:group_slug>/", store.group, name="group"),
    path("store/<slug:group_slug>/<slug:product_slug>/", order_form.product, name="product"),
    path("store/<slug:group_slug>/<slug:product_slug>/check/", order_form.check, name="check"),
    path("store/<slug:group_slug>/<slug:product_slug>/add/", order_form.add, name="add"),
    path("single-page/<slug:group_slug>/", single_page.live, name="single_page"),
    path("checkout/", checkout.checkout, name="checkout"),
    path("checkout/summary/", checkout.summary, name="summary"),
    path("checkout/promo-code/", checkout.promo, name="promo"),
    path("checkout/<int:place>/quantity/", checkout.quantity, name="quantity"),
    path("checkout/<int:place>/remove/", checkout.remove, name="remove"),
    path("checkout/<int:place>/addons/<int:product_id>/remove/", checkout.remove_addon, name="remove_addon"),
    path("services/<int:service_id>/add/<int:product_id>/", order_form.addon, name="addon"),
    # Links to WHMCS, which stood at this address before
    path("cart.php", links.cart, name="cart"),
    path("aff.php", links.affiliate, name="affiliate_link"),
]
client_addresses = [
    path("services/", my_services.services, name="services"),
    path("services/<int:service_id>/", my_services.service, name="service"),
    path("services/<int:service_id>/state/", my_services.state, name="state"),
    path("services/<int:service_id>/cancellation/", my_cancellations.ask, name="cancel"),
    path("services/<int:service_id>/cancellation/withdraw/", my_cancellations.keep, name="keep"),
    path("services/<int:service_id>/change/", my_services.change, name="change"),
    path("services/<int:service_id>/fields/<slug:key>/", my_services.field, name="field"),
    path("services/<int:service_id>/certificate/<slug:part>/", certificates.download, name="certificate_download"),
    path("services/<int:service_id>/commands/<slug:code>/", my_services.command, name="command"),
    path("invoices/", my_invoices.invoices, name="invoices"),
    path("invoices/<int:invoice_id>/", my_invoices.invoice, name="invoice"),
    path("invoices/<int:invoice_id>/pay/", my_invoices.pay, name="pay"),
    path("invoices/together/", my_credit.together, name="together"),
    path("invoices/<int:invoice_id>/pay/online/", paying.start, name="start_payment"),
    path("payments/", paying.payments, name="payments"),
    path("payments/automatic/", paying.automatic, name="automatic_payment"),
    path("payments/cards/<int:method_id>/", paying.change_method, name="stored_method"),
    path("payments/<slug:key>/", paying.payment, name="payment"),
    path("payments/<slug:key>/go/", paying.leave, name="leave"),
    path("payments/<slug:key>/state/", paying.payment_state, name="payment_state"),
    path("credit/", my_credit.credit, name="credit"),
    path("credit/add/", my_credit.funds, name="funds"),
    path("invoices/<int:invoice_id>/print/", documents.print_invoice, name="invoice_print"),
    path("invoices/<int:invoice_id>/pdf/", documents.invoice_pdf, name="invoice_pdf"),
    path("credit-notes/<int:note_id>/print/", documents.print_credit_note, name="credit_note_print"),
    path("credit-notes/<int:note_id>/pdf/", documents.credit_note_pdf, name="credit_note_pdf"),
    path("orders/", my_orders.orders, name="orders"),
    path("orders/<slug:number>/", my_orders.order, name="order"),
    path("orders/<slug:number>/progress/", my_orders.progress, name="progress"),
    path("profile/", profile.profile, name="profile"),
    path("profile/email/", my_letters.change_address, name="email"),
    path("profile/email/confirm/", my_letters.ask_confirmation, name="email_confirm"),
    path("notifications/", my_letters.notifications, name="notifications"),
    path("letters/", my_letters.letters, name="letters"),
    path("letters/<int:email_id>/", my_letters.letter, name="letter"),
    path("affiliate/", my_affiliate.program, name="affiliate"),
    path("affiliate/join/", my_affiliate.join, name="affiliate_join"),
    path("affiliate/credit/", my_affiliate.to_credit, name="affiliate_credit"),
    path("affiliate/payout/", my_affiliate.payout, name="affiliate_payout"),
    path("affiliate/statement/", my_affiliate.statement, name="affiliate_statement"),
]
account_addresses = [
    path("login/", account.Login.as_view(), name="login"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("register/", account.register, name="register"),
    path("password/", account.ChangePassword.as_view(), name="password"),
    path("password/forgotten/", account.ForgottenPassword.as_view(), name="password_forgotten"),
    path(
        "password/sent/",
        PasswordResetDoneView.as_view(template_name="account/password_sent.html"),
        name="password_sent",
    ),
    path("password/<uidb64>/<token>/", account.NewPassword.as_view(), name="password_new"),
    path("email/confirm/<str:token>/", letter_links.confirm, name="confirm_email"),
    path("news/unsubscribe/<str:token>/", letter_links.unsubscribe_by_link, name="unsubscribe"),
    path("language/", set_language, name="language"),
]
report_addresses = [
    path("", admin.site.admin_view(reports.list_view), name="list"),
    path("<slug:code>/", admin.site.admin_view(reports.report_view), name="report"),
    path("<slug:code>/csv/", admin.site.admin_view(reports.csv_view), name="csv"),
]

urlpatterns = [
    # Load balancers and containers
    path("health/live", health.live),
    path("health/ready", health.ready),
    # Notifications of payment gateways
    path("hooks/<slug:code>/<str:token>/", hooks.gateway, name="gateway_hook"),
    # Back office and REST API
    path("admin/reports/", include((report_addresses, "reports"))),
    path("admin/", admin.site.urls),
    path("api/", include("billing.api.urls")),
    # People
    path("account/", include((account_addresses, "account"))),
    path("", include((client_addresses, "client"))),
    path("", include((store_addresses, "store"))),
]
