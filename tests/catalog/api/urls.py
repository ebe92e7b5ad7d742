from django.urls import include, path
from rest_framework.routers import DefaultRouter

from catalog.api.views import CurrencyViewSet, ProductGroupViewSet, ProductViewSet

router = DefaultRouter()
router.register("product-groups", ProductGroupViewSet)
router.register("products", ProductViewSet)
router.register("currencies", CurrencyViewSet)
urlpatterns = [path("api/v1/", include(router.urls))]
