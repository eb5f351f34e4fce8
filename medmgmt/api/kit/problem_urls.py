"""Addresses below /problems/: the `type` of every problem document, each explaining itself."""

from django.urls import re_path

from medmgmt.api.kit import docs

app_name = "problems"
urlpatterns = [
    re_path(r"^$", docs.Problems.as_view(), name="all"),
    re_path(r"^(?P<name>[a-z-]{1,60})/?$", docs.OneProblem.as_view(), name="one"),
]
