"""The forms of a page as a browser would send them, for tests that change what is sent."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID_TYPES = {"submit", "button", "image", "reset"}


@dataclass
class Form:
    """One form: where it goes, how, and each field with the value it shows."""

    action: str
    method: str
    data: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def put(self, name: str, value: str) -> None:
        self.data.setdefault(name, []).append(value)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.form: Form | None = None
        self.select: str | None = None
        self.chosen: list[str] = []
        self.area: str | None = None
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = Form(said.get("action", ""), said.get("method", "get").lower())
            self.forms.append(self.form)
        form, name = self.form, said.get("name", "")
        if form is None:
            return
        if tag == "input" and name:
            self._input(form, name, said)
        elif tag == "button" and name:
            form.buttons.append((name, said.get("value", "")))
        elif tag == "textarea" and name:
            self.area, self.text = name, ""
        elif tag == "select" and name:
            self.select, self.chosen = name, []
        elif tag == "option" and self.select and (not self.chosen or "selected" in said):
            self.chosen = [said.get("value", "")]

    def _input(self, form: Form, name: str, said: dict[str, str]) -> None:
        kind = said.get("type", "text")
        if kind == "file":
            form.files.append(name)
        elif kind in _VOID_TYPES:
            form.buttons.append((name, said.get("value", "")))
        elif kind not in {"checkbox", "radio"} or "checked" in said or name not in form.data:
            value = said.get("value", "on" if kind in {"checkbox", "radio"} else "")
            if kind == "radio":
                form.data[name] = [value]
            else:
                form.put(name, value)

    def handle_data(self, data: str) -> None:
        if self.area is not None:
            self.text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = None
        elif tag == "textarea" and self.area and self.form:
            self.form.put(self.area, self.text)
            self.area = None
        elif tag == "select" and self.select and self.form:
            for value in self.chosen or [""]:
                self.form.put(self.select, value)
            self.select = None


def forms_of(html: str) -> list[Form]:
    """Every form of a page, in order."""
    reader = _Reader()
    reader.feed(html)
    return reader.forms
