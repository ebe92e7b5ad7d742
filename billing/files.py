"""Files for people to save: the same answer in the client area, the back office and the REST API."""

from django.http import HttpResponse

from billing.actions.certificates import CertificateFile


def file_response(file: CertificateFile) -> HttpResponse:
    """Saved by the browser under its name, kept by nobody on the way."""
    return HttpResponse(
        file.content,
        content_type="application/x-pem-file",
        headers={"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store, private"},
    )
