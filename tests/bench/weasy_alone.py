"""Floor of the printed fiche: WeasyPrint alone in one warm process, the same HTML.

Nothing is kept between documents but the parsed style sheets and the fonts. One JSON job per line on its
input, one answer per line on its output.
"""

import base64
import json
import sys
import time
from typing import Any

from weasyprint import CSS, HTML
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

_ORIGIN = "https://asset.invalid/"
_VARIANT = "pdf/ua-1"


class _Assets(URLFetcher):
    def __init__(self, assets: dict[str, bytes]) -> None:
        super().__init__(allowed_protocols={"data"}, allow_redirects=False)
        self.assets = assets

    def fetch(self, url: str, headers: dict[str, str] | None = None) -> URLFetcherResponse:
        name = url.removeprefix(_ORIGIN)
        if name in self.assets:
            return URLFetcherResponse(url, self.assets[name], {"Content-Type": "image/svg+xml"})
        return super().fetch(url, headers)


def main() -> None:
    fonts = FontConfiguration()
    parsed: dict[str, CSS] = {}
    for line in sys.stdin:
        job: dict[str, Any] = json.loads(line)
        fetcher = _Assets({name: base64.b64decode(data) for name, data in job["assets"].items()})
        for text in job["css"]:
            if text not in parsed:
                parsed[text] = CSS(string=text, base_url=_ORIGIN, font_config=fonts, url_fetcher=fetcher)
        sheets = [parsed[text] for text in job["css"]]
        wall, cpu = time.perf_counter(), time.process_time()
        documents = [
            HTML(string=html, base_url=_ORIGIN, url_fetcher=fetcher).render(
                stylesheets=sheets, font_config=fonts, pdf_variant=_VARIANT, pdf_tags=True, cache={}
            )
            for html in job["html"]
        ]
        pages = [page for document in documents for page in document.pages]
        pdf = documents[0].copy(pages).write_pdf(pdf_variant=_VARIANT)
        spent = {"wall_ms": (time.perf_counter() - wall) * 1000, "cpu_ms": (time.process_time() - cpu) * 1000}
        print(json.dumps(spent | {"pages": len(pages), "bytes": len(pdf)}), flush=True)


if __name__ == "__main__":
    main()
