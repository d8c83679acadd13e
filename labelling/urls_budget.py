"""Addresses of the budget of an application."""

from django.urls import path

from labelling.views import budget, budget_files

urlpatterns = [
    path("ami/dossiers/<int:pk>/budget/", budget.budget, name="ami_budget"),
    path("ami/dossiers/<int:pk>/budget/classeur.xlsx", budget_files.export, name="ami_budget_xlsx"),
    path("ami/dossiers/<int:pk>/budget/import/", budget_files.importer, name="ami_budget_import"),
]
