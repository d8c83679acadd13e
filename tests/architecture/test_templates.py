"""Templates: nothing inline (the policy would block it), none forgotten, nothing marked safe."""

import re

from tests.architecture.sources import PACKAGES, ROOT, files

INLINE = {
    "inline script": re.compile(r"<script(?![^>]*\bsrc=)[^>]*>", re.IGNORECASE),
    "inline style sheet": re.compile(r"<style\b", re.IGNORECASE),
    "style attribute": re.compile(r"""<[^>]*\sstyle\s*=""", re.IGNORECASE),
    "event attribute": re.compile(r"""<[^>]*\son[a-z]+\s*=""", re.IGNORECASE),
    "script address": re.compile(r"javascript:", re.IGNORECASE),
    "htmx code": re.compile(r"""hx-on[:-]|hx-vals\s*=\s*["']js:""", re.IGNORECASE),
    "foreign resource": re.compile(
        r"""<(script|link|img|iframe)[^>]*(src|href)\s*=\s*["'](https?:)?//""", re.IGNORECASE
    ),
}
# Printed documents and mails are not pages: their own rules (tests of documents) apply.
NOT_PAGES = ("/pdf/", "/email/", "/messages/")
# Values are escaped, always; a mail in plain text has nothing to escape.
UNSAFE = re.compile(r"\|\s*(safe|safeseq)\b|{%\s*autoescape\s+off")


def templates() -> list[str]:
    return [path for path in files(".html", ".txt") if path.startswith("templates/")]


def broken(text: str) -> list[str]:
    # Comments for developers never reach the page.
    text = re.sub(r"{#.*?#}|{%\s*comment.*?endcomment\s*%}", "", text, flags=re.DOTALL)
    return [what for what, pattern in INLINE.items() if pattern.search(text)]


def test_no_template_holds_inline_code() -> None:
    found = {
        p: broken((ROOT / p).read_text("utf-8")) for p in templates() if not any(n in p for n in NOT_PAGES)
    }
    assert {path: what for path, what in found.items() if what} == {}


def test_twin_inline_code_is_seen() -> None:
    for text in (
        "<script>alert(1)</script>", '<p style="color:red">', '<a href="javascript:x()">', "<b onclick=x>",
        "<style>b{}</style>", '<div hx-on:click="x()">', '<img src="https://ailleurs.example/x.png">',
    ):  # fmt: skip
        assert broken(text), text
    assert not broken('<script src="/static/x.js" defer></script><p class="style" data-onglet="1">')


# The control of a field, drawn and escaped by Django's own widget.
DRAWN_BY_DJANGO = {"templates/components/champ.html"}


def test_nothing_is_marked_safe_in_a_template() -> None:
    pages = [p for p in templates() if p.endswith(".html") and p not in DRAWN_BY_DJANGO]
    assert [p for p in pages if UNSAFE.search((ROOT / p).read_text("utf-8"))] == []


def test_html_is_marked_safe_in_named_places_only() -> None:
    """``mark_safe`` is for markup we build ourselves: drawings and icons. Elsewhere ``format_html`` escapes.
    """
    allowed = (
        "spo_portal/kernel/charts/",
        "spo_portal/templatetags/",
        "contacts/sheet.py",
        "contacts/documents.py",
        "contacts/layout.py",
    )
    users = [
        path
        for path in files(".py")
        if path.split("/")[0] in PACKAGES and "mark_safe" in (ROOT / path).read_text("utf-8")
    ]
    assert [path for path in users if not path.startswith(allowed)] == []


# Found by name from outside our code: error pages by Django, account pages and mails by allauth.
BY_CONVENTION = re.compile(
    r"^(4\d\d(_csrf)?|5\d\d)\.html$|^(account|usersessions|mfa|allauth|socialaccount)/"
)


def test_every_template_is_used() -> None:
    """A template nobody names is dead, or its page lost it."""
    names = [path.removeprefix("templates/") for path in templates()]
    text = "\n".join(
        (ROOT / path).read_text("utf-8")
        for path in files(".py", ".html", ".txt")
        if path.split("/")[0] in {*PACKAGES, "templates"}
    )
    kit = (ROOT / "docs/composants.md").read_text("utf-8")
    unused = []
    for name in names:
        # A component described for the next screens waits for its first one.
        if name.startswith("components/") and f"`{name}`" in kit:
            continue
        # Names built from a variable: "legal/{page}.html".
        built = re.sub(r"[\w-]+(\.\w+)$", r"{", name)
        if BY_CONVENTION.search(name) or f'"{name}"' in text or f"'{name}'" in text or f'"{built}' in text:
            continue
        unused.append(name)
    assert unused == []


def test_every_form_that_posts_carries_its_token() -> None:
    missing = []
    for path in templates():
        text = (ROOT / path).read_text("utf-8")
        for form in re.finditer(
            r"<form\b[^>]*method\s*=\s*[\"']?post.*?</form>", text, re.IGNORECASE | re.DOTALL
        ):
            if "csrf_token" not in form.group() and "csrf" not in form.group():
                missing.append(f"{path}:{text[: form.start()].count(chr(10)) + 1}")
    assert missing == []


def test_static_scripts_evaluate_nothing() -> None:
    """No eval: the policy forbids it, and htmx's own is switched off."""
    calls = re.compile(r"\beval\(|new Function\(|\.innerHTML\s*=|document\.write\(|setTimeout\(\s*['\"]")
    found = [
        path
        for path in files(".js")
        if path.startswith("static/") and "vendor" not in path and "htmx" not in path
        and calls.search((ROOT / path).read_text("utf-8"))
    ]  # fmt: skip
    assert found == []
