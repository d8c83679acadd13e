"""Documents: tagged, sealed from network and disk, capped; a bad one never costs the next its page."""

from __future__ import annotations

import io
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pypdf import PdfReader

from spo_portal.kernel import pdf
from spo_portal.kernel.pdf import Limits, Part, PdfBusy, PdfFailed, Pool
from tests.kernel.pdf_tools import VECTORS, Canary, elements

ROOT = Path(__file__).resolve().parents[2]
PAGE = '<html lang="fr"><head><title>Essai</title></head><body>{}</body></html>'
ENDLESS = PAGE.format("<p>" + "mot " * 250_000 + "</p>")
TALL = PAGE.format('<p>haut</p><p style="break-before: page">bas</p>')


@contextmanager
def a_pool(**limits: float) -> Iterator[Pool]:
    before, pdf._pool = pdf._pool, Pool(Limits(**limits))  # type: ignore[arg-type]
    try:
        yield pdf._pool
    finally:
        pdf._pool.close()
        pdf._pool = before


def text(data: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(data)).pages)


def test_document_is_tagged_as_the_standard_asks() -> None:
    body = (
        "<h1>Titre</h1><h2>Sous-titre</h2><table><caption>Légende</caption><tr><th>Colonne</th></tr>"
        '<tr><td>Case</td></tr></table><img alt="Un rond" src="rond.svg">'
    )
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><circle cx="4" cy="4" r="4"/></svg>'
    data = pdf.render(PAGE.format(body), stylesheets=("h1 { color: #123456 }",), assets={"rond.svg": svg})
    reader = PdfReader(io.BytesIO(data))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "fr"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Essai"
    assert b"pdfuaid:part" in root["/Metadata"].get_data()
    found = elements(reader)
    assert {"/H1", "/H2", "/Table", "/Caption", "/TH", "/TD"} <= {tag for tag, _ in found}
    assert ("/Figure", "Un rond") in found


def test_first_candidate_that_fits_is_taken() -> None:
    short = PAGE.format("court")
    made = pdf.fit([[Part((TALL,), 1)], [Part((TALL, short), 1), Part((TALL,))], [Part((short,), 1)]])
    assert (made.candidate, made.sizes, made.pages, made.fits) == (1, (1, 0), 3, True)
    assert made.cpu_ms > 0


def test_last_candidate_is_made_when_none_fits_unless_strict() -> None:
    made = pdf.fit([[Part((TALL,), 1)], [Part((TALL, TALL), 1)]])
    assert (made.candidate, made.pages, made.fits) == (1, 2, False)
    strict = pdf.fit([[Part((TALL,), 1)]], strict=True)
    assert (strict.fits, strict.pdf) == (False, b"")


def test_reused_pages_give_the_same_document_as_fresh_ones() -> None:
    front, back = PAGE.format("<h1>Devant</h1>"), PAGE.format("<h2>Derrière</h2><ul><li>un</li></ul>")
    fresh = pdf.fit([[Part((front,)), Part((back,))]])
    for _ in range(2):
        reused = pdf.fit([[Part((front,)), Part((back,), reusable=True)]])
        assert elements(PdfReader(io.BytesIO(reused.pdf))) == elements(PdfReader(io.BytesIO(fresh.pdf)))
        assert text(reused.pdf) == text(fresh.pdf)


def test_reused_pages_are_not_mixed_between_styles_and_assets() -> None:
    page = PAGE.format("<p>Texte</p>")
    grey, none = "p::before { content: 'A ' }", "p::before { content: 'B ' }"
    made = [
        text(pdf.fit([[Part((page,), reusable=True)]], stylesheets=(css,)).pdf) for css in (grey, none, grey)
    ]
    assert [line.split()[0] for line in made] == ["A", "B", "A"]


@pytest.mark.parametrize("name", sorted(VECTORS))
def test_hostile_reference_reaches_nothing(name: str) -> None:
    with Canary() as canary:
        body = canary.fill(VECTORS[name])
        data = pdf.render(
            PAGE.format(body), stylesheets=(canary.fill("@import 'HTTP/css'; p { color: #111 }"),)
        )
        assert canary.hits() == 0
        assert not canary.leaked(data)


def test_fetcher_alone_refuses_everything_and_the_default_one_does_not() -> None:
    """Two locks: this is the first without the second, and the twin shows that the probe sees a leak."""
    from weasyprint.urls import URLFetcher

    from spo_portal.kernel.pdf_child import HTML, ORIGIN, DenyAll

    with Canary() as canary:
        page = PAGE.format("".join(canary.fill(vector) for vector in VECTORS.values()))
        data = HTML(string=page, base_url=ORIGIN, url_fetcher=DenyAll()).write_pdf(pdf_variant="pdf/ua-1")
        assert canary.hits() == 0
        assert not canary.leaked(data)
        data = HTML(string=page, base_url=ORIGIN, url_fetcher=URLFetcher(timeout=0.2)).write_pdf()
        assert canary.hits() > 5
        assert canary.leaked(data)


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.create_connection(('127.0.0.1', 9))",
        "open('/etc/hostname').read()",
        "open('/tmp/never', 'w')",
        "import subprocess; subprocess.run(['true'])",
        "import os; os.posix_spawn('/bin/true', ['true'], {})",
        "import os; os.fork()",
    ],
)
def test_second_lock_refuses_what_a_document_never_needs(act: str) -> None:
    code = f"from spo_portal.kernel import pdf_child\npdf_child.lock_down(1 << 30)\n{act}"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "refused by the document process" in done.stderr
    assert not Path("/tmp/never").exists()


def test_endless_document_is_killed_and_the_next_one_made(caplog: pytest.LogCaptureFixture) -> None:
    with a_pool(seconds=1.0) as pool:
        pdf.render(PAGE.format("premier"))
        (before,) = pool.pids()
        with pytest.raises(PdfFailed) as caught:
            pdf.render(ENDLESS)
        assert caught.value.reason == "time"
        assert not Path(f"/proc/{before}").exists()
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))
    assert "mot" not in caplog.text


def test_greedy_document_meets_the_memory_cap() -> None:
    with a_pool(memory=170 * 1024 * 1024):
        with pytest.raises(PdfFailed):
            pdf.render(PAGE.format("<p><b>x</b></p>" * 60_000))
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))


def test_idle_child_killed_is_replaced_unseen() -> None:
    with a_pool() as pool:
        pdf.render(PAGE.format("premier"))
        (before,) = pool.pids()
        os.kill(before, signal.SIGKILL)
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))
        assert pool.pids() != [before]


def test_child_killed_at_work_fails_its_document_only() -> None:
    with a_pool() as pool:
        pdf.render(PAGE.format("premier"))
        (before,) = pool.pids()
        threading.Timer(0.3, os.kill, (before, signal.SIGKILL)).start()
        with pytest.raises(PdfFailed) as caught:
            pdf.render(ENDLESS)
        assert caught.value.reason == "ended"
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))


def test_queue_is_bounded() -> None:
    with a_pool(children=1, queue=1, wait=0.6, seconds=2.0):
        pdf.render(PAGE.format("premier"))
        outcomes: list[str] = []

        def ask(html: str) -> None:
            start = time.monotonic()
            try:
                pdf.render(html)
                outcomes.append("made")
            except (PdfBusy, PdfFailed) as error:
                outcomes.append(f"{type(error).__name__} {time.monotonic() - start > 0.4}")

        threads = []
        for html in (ENDLESS, PAGE.format("attend"), PAGE.format("de trop")):
            threads.append(threading.Thread(target=ask, args=(html,)))
            threads[-1].start()
            time.sleep(0.15)
        for thread in threads:
            thread.join()
        # The third is refused at once, the second after its wait, the first at its cap.
        assert outcomes == ["PdfBusy False", "PdfBusy True", "PdfFailed True"]
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))


def test_never_more_children_than_asked() -> None:
    with a_pool(children=2, wait=20.0) as pool:
        threads = [threading.Thread(target=pdf.render, args=(PAGE.format(n),)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 1 <= len(pool.pids()) <= 2


def test_child_is_replaced_after_its_number_of_documents() -> None:
    with a_pool(documents=2) as pool:
        pids = set()
        for _ in range(4):
            pdf.render(PAGE.format("x"))
            pids |= set(pool.pids())
        assert len(pids) == 3


def test_child_has_no_secret_no_disk_and_no_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "canary-secret")
    with a_pool() as pool:
        pdf.render(PAGE.format("x"))
        (pid,) = pool.pids()
        assert b"canary-secret" not in Path(f"/proc/{pid}/environ").read_bytes()
        limits = Path(f"/proc/{pid}/limits").read_text()
        caps = {line[:25].strip(): line[26:46].strip() for line in limits.splitlines()}
        assert caps["Max file size"] == caps["Max core file size"] == "0"
        assert caps["Max address space"] == str(512 * 1024 * 1024)
        assert caps["Max cpu time"] != "unlimited"
        files = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
        assert all(f.startswith(("pipe:", "/dev/null", "/proc/")) or f.endswith(".ttf") for f in files), files


def test_children_end_with_a_killed_parent() -> None:
    code = (
        "import os, signal\nfrom django.conf import settings\nsettings.configure()\n"
        "from spo_portal.kernel import pdf\npdf.render('<p>x</p>')\n"
        "print(pdf.pool().pids()[0], flush=True)\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    child = Path(f"/proc/{int(done.stdout)}/stat")
    end = time.monotonic() + 3
    while child.exists() and child.read_text().split()[2] != "Z" and time.monotonic() < end:
        time.sleep(0.02)
    assert not child.exists() or child.read_text().split()[2] == "Z"


def test_fork_leaves_the_parents_children_alone() -> None:
    """A forked server process that ends normally runs the exit handlers it inherited."""
    code = (
        "import os, sys\nfrom django.conf import settings\nsettings.configure()\n"
        "from spo_portal.kernel import pdf\npdf.render('<p>x</p>')\nbefore = pdf.pool().pids()\n"
        "child = os.fork()\n"
        "if not child:\n    assert pdf._pool is None\n    pdf.render('<p>y</p>')\n"
        "    assert pdf.pool().pids() != before\n    sys.exit()\n"
        "assert os.waitpid(child, 0)[1] == 0\npdf.render('<p>z</p>')\nassert pdf.pool().pids() == before\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


def test_text_that_is_not_text_fails_cleanly() -> None:
    with a_pool():
        with pytest.raises(PdfFailed):
            pdf.render(PAGE.format("\ud800"))
        assert "suivant" in text(pdf.render(PAGE.format("suivant")))


def test_errors_are_plain_french() -> None:
    assert "Recommencez" in str(PdfBusy())
    assert PdfBusy().retry_after > 0
    assert "Raccourcissez" in str(PdfFailed("time"))


def test_socket_probe_counts() -> None:
    """The probe of the hostile tests really sees a connection."""
    with Canary() as canary:
        socket.create_connection(("127.0.0.1", canary.port)).close()
        assert canary.hits() == 1
