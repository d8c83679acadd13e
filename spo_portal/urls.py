"""Every address of the portal. Each view is guarded or says why it is public."""

from django.urls import include, path

from spo_portal.views import brand, health, jobs, pages

handler400 = "spo_portal.views.bad_request"
handler403 = "spo_portal.views.forbidden"
handler404 = "spo_portal.views.not_found"
handler500 = "spo_portal.views.server_error"

urlpatterns = [
    path("", pages.home, name="accueil"),
    path("sante/", health.alive, name="sante"),
    path("sante/pret/", health.ready, name="sante_pret"),
    path("region/<slug:slug>.css", brand.region_css, name="region_css"),
    path("region/<slug:slug>.svg", brand.region_logo, name="region_logo"),
    path("accessibilite/", pages.legal, {"page": "accessibilite"}, name="legal_accessibilite"),
    path("donnees-personnelles/", pages.legal, {"page": "donnees-personnelles"}, name="legal_donnees"),
    path("mentions-legales/", pages.legal, {"page": "mentions-legales"}, name="legal_mentions"),
    path("aide/", pages.legal, {"page": "aide"}, name="legal_aide"),
    path("plan-du-site/", pages.legal, {"page": "plan-du-site"}, name="legal_plan"),
    path("galerie/", pages.gallery, name="galerie"),
    path("travaux/", jobs.documents, name="travaux"),
    path("travaux/<uuid:cle>/", jobs.job, name="travail"),
    path("travaux/<uuid:cle>/annuler/", jobs.cancel, name="travail_annuler"),
    path("travaux/<uuid:cle>/relancer/", jobs.retry, name="travail_relancer"),
    path("travaux/fichier/<str:jeton>/", jobs.download, name="travail_fichier"),
    path(".well-known/security.txt", pages.security_txt, name="security_txt"),
    path("robots.txt", pages.robots_txt, name="robots_txt"),
    path("", include("territories.urls")),
    path("", include("labelling.urls")),
    path("", include("contacts.urls")),
    path("", include("dashboards.urls")),
]
