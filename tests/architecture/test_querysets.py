"""Outside models and querysets, ``Model.objects`` says at once for whom it reads (habit 1)."""

import ast

from tests.architecture.sources import Source, sources

# What may follow ``.objects``: for whom, or a creation (row security checks what is written).
FOR_WHOM = {
    "visible_to", "for_territory", "for_region", "for_system", "by_token", "of_user",
    "received_by", "steered_by", "for_public", "public", "none", "create", "bulk_create", "create_user",
    "readable_by", "writable_by", "of_body", "officers_known_to", "of_same_body",
}  # fmt: skip
# Models that belong to no tenant.
FREE = {
    "Region": "brand and vocabulary, shown on public pages",
    "Reseau": "networks of a region: row security alone decides",
    "User": "accounts belong to no tenant; their mandates do",
    "ContentType": "Django's own table",
    "Permission": "Django's own table",
}
# (module, model): why this read needs no « for whom ».
APART = {
    ("contacts.services.reference", "FicheContact"): "loader, system scope: are these lists in use?",
    ("territories.services.upsert", "model"): "loader, system scope: every row of each reference table",
    ("dashboards.services.release", "OutboxEvent"): "row security: events of the territories the actor reads",
    ("territories.grants", "Share"): "the account's own shares: the filter names it",
}
# Functions that add ``visible_to`` themselves.
DOORS = {"get_visible_or_404"}


def unscoped(source: Source) -> list[str]:
    """Uses of ``Model.objects`` that do not say for whom."""
    parents = {child: node for node in ast.walk(source.tree) for child in ast.iter_child_nodes(node)}
    found = []
    for node in ast.walk(source.tree):
        if not (
            isinstance(node, ast.Attribute) and node.attr in {"objects", "_default_manager", "_base_manager"}
        ):
            continue
        model = ast.unparse(node.value)
        if model.split(".")[-1] in FREE or "apps.get_model" in model or model in {"self", "cls"}:
            continue
        following = parents.get(node)
        if isinstance(following, ast.Attribute) and following.attr in FOR_WHOM:
            continue
        if (source.module, model) in APART or _goes_through_a_door(node, parents):
            continue
        found.append(f"{source.path}:{node.lineno} {model}.objects")
    return found


def _goes_through_a_door(node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """True for ``get_visible_or_404(Model.objects.…, actor, …)``: the chain is the first argument of the
    call.
    """
    while isinstance(parents.get(node), ast.Attribute | ast.Call):
        above = parents[node]
        if isinstance(above, ast.Call) and node in above.args:
            return isinstance(above.func, ast.Name) and above.func.id in DOORS and above.args[0] is node
        node = above
    return False


def checked() -> list[Source]:
    return [
        s for s in sources()
        if not any(part in f"{s.module}." for part in (".migrations.", ".models.", ".querysets"))
    ]  # fmt: skip


def test_every_read_says_for_whom() -> None:
    assert [line for source in checked() for line in unscoped(source)] == []


def test_twin_a_bare_read_is_seen() -> None:
    for text in (
        "FicheContact.objects.all()",
        "FicheContact.objects.filter(pk=1).visible_to(actor)",
        "rows = FicheContact.objects",
        "get_object_or_404(FicheContact.objects.all(), pk=1)",
        "get_visible_or_404(Site.objects, actor, fiche=FicheContact.objects.first())",
        "FicheContact._base_manager.get(pk=1)",
    ):
        assert unscoped(Source("x", "x.py", text)), text
    for text in (
        "FicheContact.objects.visible_to(actor).get(pk=1)",
        "get_visible_or_404(Site.objects.select_related('reseau'), actor, pk=1)",
        "Region.objects.get(pk=1)",
    ):
        assert not unscoped(Source("x", "x.py", text)), text


def test_nobody_walks_from_one_row_to_foreign_rows() -> None:
    """``get_object_or_404`` forgets the actor: only models that belong to no tenant may use it."""
    found = []
    for source in sources():
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                ("get_object_or_404", "get_list_or_404")
            ):
                target = ast.unparse(node.args[0]) if node.args else ""
                if target.split(".")[0] not in FREE:
                    found.append(f"{source.path}:{node.lineno} {target}")
    assert found == []
