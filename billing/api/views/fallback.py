"""What answers where nothing is."""

from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.views import APIView


@extend_schema(exclude=True)
class NothingHere(APIView):
    """404 as problem details, for every method."""

    authentication_classes = ()
    permission_classes = ()

    def initial(self, request: Request, *arguments: Any, **options: Any) -> None:
        raise NotFound(_("There is nothing at this address. Addresses end with a slash."))
