"""Pages drawn without the notes that the test client takes."""

from contextlib import AbstractContextManager
from unittest import mock

from django.template import Context
from django.template.base import Template
from django.utils.safestring import SafeString


def without_notes() -> AbstractContextManager[object]:
    """Templates drawn as in production, for tests that ask thousands of pages and read their bytes only.

    Under test, Django copies the whole context at each template and each fragment included, for
    ``response.context`` and ``assertTemplateUsed``: lost when nobody reads them.
    """

    def render(self: Template, context: Context) -> SafeString:
        return self.nodelist.render(context)

    return mock.patch.object(Template, "_render", render)
