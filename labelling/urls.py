"""Addresses of the labels, of the partners and of the calls for interest (``ami/``): one file per part."""

from django.urls import include, path

urlpatterns = [
    path("", include("labelling.urls_accounts")),
    path("", include("labelling.urls_instruction")),
    path("", include("labelling.urls_calls")),
    path("", include("labelling.urls_decision")),
    path("", include("labelling.urls_budget")),
    path("", include("labelling.urls_after")),
    path("", include("labelling.urls_application")),
    path("", include("labelling.urls_sessions")),
    path("", include("labelling.urls_convention")),
    path("", include("labelling.urls_label")),
    path("", include("labelling.urls_label_kit")),
    path("", include("labelling.urls_partners")),
    path("", include("labelling.urls_label_coverage")),
    path("", include("labelling.urls_label_procedure")),
]
