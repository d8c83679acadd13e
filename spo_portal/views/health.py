"""Signs of life for whoever runs the portal. Contract: docs/exploitation.md."""

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET

from territories.access import public

_migrated = False


@require_GET
@public("Signe de vie pour la surveillance ; ne dit rien des données.")
def alive(request: HttpRequest) -> JsonResponse:
    """``GET /sante/``: the process answers. Never touches the database."""
    return JsonResponse({"statut": "ok"})


@require_GET
@public("Signe de vie pour la surveillance ; ne dit rien des données.")
def ready(request: HttpRequest) -> JsonResponse:
    """``GET /sante/pret/``: database, migrations and a worker seen less than 60 s ago; 503 otherwise."""
    checks: dict[str, bool] = {"base_de_donnees": False, "migrations": False, "traitements": False}
    try:
        checks["migrations"] = _up_to_date()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT coalesce(max(seen_at) > clock_timestamp() - interval '60 seconds', false)"
                " FROM kernel_heartbeat WHERE name = 'worker'"
            )
            checks["base_de_donnees"] = True
            checks["traitements"] = bool(cursor.fetchone()[0])
    except Exception:  # whatever is wrong, the answer is "not ready"
        connection.close()
    fine = all(checks.values())
    response = JsonResponse({"statut": "pret" if fine else "pas pret", **checks}, status=200 if fine else 503)
    # Asked every few seconds by whoever watches: "not ready" is an answer, not an error to log.
    response._has_been_logged = True  # type: ignore[attr-defined]
    return response


def _up_to_date() -> bool:
    """All migrations applied; once true it stays true for the life of the process."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
