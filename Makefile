# Les commandes du portail. « make » seul affiche cette aide.
.DEFAULT_GOAL := help
.PHONY: help demo test reset bench lint lock
SHELL := /bin/sh
PYTHON_ENV := .venv/bin/python
export PORT BIND DATABASE_URL OWNER_DATABASE_URL WEB_DATABASE_URL WORKER_DATABASE_URL REDIS_URL
export REFERENCE SEED_ARGS PG_BINDIR PYTHON

help: ## Affiche cette aide
	@echo "Portail du service public de l'orientation"
	@echo
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-14s %s\n", $$1, $$2 }'
	@echo
	@echo "Options de make demo :"
	@echo "  PORT=8001              autre port que 8000"
	@echo "  REFERENCE=dossier      territoires, réseaux et lieux réels au lieu de ceux du projet"
	@echo "  DATABASE_URL=adresse   serveur PostgreSQL existant (15 ou plus), au lieu du serveur privé"
	@echo "  REDIS_URL=adresse      serveur Redis existant, au lieu du serveur privé"
	@echo "  SEED_ARGS=\"...\"        options de manage.py seed_demo"
	@echo "Option de make test : ARGS=\"...\" (arguments de pytest)"
	@echo "Options de make bench : ARGS=\"fiche page pdf export classeur rapport ami annuaire couverture delai chiffres demarrage\" (celles voulues), --reprendre (garde la base)"

demo: ## Démarre le portail de démonstration, sans rien d'autre à installer (Ctrl-C pour arrêter)
	@scripts/setup demo
	@exec $(PYTHON_ENV) -m spo_portal.local demo

test: ## Lance tous les tests, sur un vrai PostgreSQL, un vrai Redis et un vrai Chromium
	@scripts/setup test
	@exec $(PYTHON_ENV) -m spo_portal.local test -- $(ARGS)

bench: ## Lance les mesures, chacune à côté de son plancher
	@scripts/setup test
	@exec $(PYTHON_ENV) -m spo_portal.local bench -- $(ARGS)

lint: ## Vérifie le style du code
	@scripts/setup test
	@exec $(PYTHON_ENV) -m ruff check .

reset: ## Efface les données locales : le prochain make demo repart de zéro
	@if [ -x $(PYTHON_ENV) ]; then exec $(PYTHON_ENV) -m spo_portal.local reset; else rm -rf .local; fi

lock: ## Recalcule les versions verrouillées depuis pyproject.toml
	@scripts/setup test
	@scripts/lock --upgrade
