"""Three addresses: alive, one INSERT, and a page that says the same word each time."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import path


class Slip(models.Model):
    jour = models.DateField()
    canal = models.CharField(max_length=12)
    sexe = models.CharField(max_length=8)
    age = models.CharField(max_length=12)
    statut = models.PositiveSmallIntegerField()
    demandes = ArrayField(models.PositiveSmallIntegerField())
    reponses = ArrayField(models.PositiveSmallIntegerField())
    precisions = models.CharField(max_length=200)

    class Meta:
        app_label = "bench"
        db_table = "bench_slip"
        managed = False

    def __str__(self) -> str:
        return str(self.pk)


def insert(request: HttpRequest) -> HttpResponse:
    """One form, one INSERT, one commit."""
    form = request.POST
    slip = Slip.objects.create(
        jour=form["jour"],
        canal=form["canal"],
        sexe=form["sexe"],
        age=form["age"],
        statut=int(form["statut"]),
        demandes=[int(n) for n in form.getlist("demandes")],
        reponses=[int(n) for n in form.getlist("reponses")],
        precisions=form.get("precisions", ""),
    )
    return _answer(str(slip.pk))


def trivial(request: HttpRequest) -> HttpResponse:
    return _answer("ok")


def _answer(text: str) -> HttpResponse:
    return HttpResponse(text, headers={"Content-Length": str(len(text))}, content_type="text/plain")


urlpatterns = [path("sante/", trivial), path("fiche/", insert), path("page/", trivial)]
