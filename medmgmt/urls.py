"""The map of every address this site answers to."""

from django.urls import include, path

from medmgmt.web import health

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
    path("api/", include("medmgmt.api.urls")),
    path("problems/", include("medmgmt.api.kit.problem_urls")),
    path("", include("medmgmt.web.urls")),
]

handler500 = "medmgmt.web.kit.views.broken"
