"""Addresses of the calls for interest: one file per part, all under ``ami/``."""

from django.urls import include, path

urlpatterns = [
    path("", include("labelling.urls_budget")),
]
