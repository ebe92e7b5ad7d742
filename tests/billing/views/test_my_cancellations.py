from billing.models import CancellationRequest, Service
from tests.billing.views.pages import log_in, read
from tests.builders import World, make_active_service, make_client


def test_a_service_ends_with_what_was_paid_and_may_be_kept_after_all(world: World) -> None:
    anna = make_client(email="anna.stops@example.com", password="a-long-password-1")
    service = make_active_service(anna, world.lite, ip="192.0.2.1")
    browser = log_in(anna)
    assert "Stop it on" in read(browser, f"/services/{service.pk}/commands/terminate/")
    browser.post(f"/services/{service.pk}/cancellation/", {"reason": "Moving"})
    wish = CancellationRequest.objects.get()
    assert (wish.status, wish.type, wish.reason, wish.service) == ("OPEN", "END_OF_PERIOD", "Moving", service)
    page = read(browser, f"/services/{service.pk}/")
    assert "as you asked" in page
    assert "Cancellation requested" in page
    browser.post(f"/services/{service.pk}/cancellation/withdraw/")
    wish.refresh_from_db()
    assert wish.status == "WITHDRAWN"
    page = read(browser, f"/services/{service.pk}/")
    assert "as you asked" not in page
    assert "Cancellation taken back" in page


def test_asking_twice_is_told(world: World) -> None:
    anna = make_client(email="anna.twice@example.com", password="a-long-password-1")
    service = make_active_service(anna, world.lite, ip="192.0.2.1")
    browser = log_in(anna)
    for _time in range(2):
        answer = browser.post(f"/services/{service.pk}/cancellation/", follow=True)
    assert "asked for already" in answer.content.decode()
    assert CancellationRequest.objects.count() == 1


def test_nobody_stops_what_is_not_theirs(world: World) -> None:
    service = make_active_service(world.client, world.lite, ip="192.0.2.1")
    stranger = log_in(make_client(email="stranger@example.com", password="a-long-password-1"))
    assert stranger.post(f"/services/{service.pk}/cancellation/").status_code == 404
    stranger.post(f"/services/{service.pk}/cancellation/withdraw/")
    assert not CancellationRequest.objects.exists()
    assert Service.objects.get().status == "ACTIVE"
