"""The portal's addresses and one that breaks."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import urlpatterns as ours


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("secret-of-the-house")


urlpatterns = [*ours, path("broken/", broken)]
