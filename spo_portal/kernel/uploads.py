"""Uploads are read in memory, up to a limit; nothing a browser sends is ever written to a disk."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import InMemoryUploadedFile, UploadedFile
from django.core.files.uploadhandler import MemoryFileUploadHandler, StopUpload
from django.http import HttpRequest
from django.urls import Resolver404, resolve


def takes_up_to(most_bytes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say how heavy a file this view takes, when it is not the limit of every upload."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        view.upload_max_bytes = most_bytes  # type: ignore[attr-defined]
        return view

    return decorate


def limit_of(request: HttpRequest | None) -> int:
    """Bytes a file may have for the view this request is going to: read before the view runs."""
    try:
        view = resolve(request.path_info).func if request is not None else None
    except Resolver404:
        view = None
    return int(getattr(view, "upload_max_bytes", settings.UPLOAD_MAX_BYTES))


def was_too_big(request: HttpRequest) -> bool:
    """The reading stopped before the end: the file is not there, and the reason can be told."""
    return bool(getattr(request, "upload_stopped", False))


class BoundedMemoryUploadHandler(MemoryFileUploadHandler):
    """Keep the file in memory; past the limit stop reading, so that a huge upload costs nothing."""

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None) -> None:  # type: ignore[no-untyped-def]
        # A slack for the other fields of the form; the exact size is checked chunk by chunk.
        self.activated = True
        self.most = limit_of(self.request)
        self.too_big = content_length > self.most + settings.DATA_UPLOAD_MAX_MEMORY_SIZE

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.too_big or start + len(raw_data) > self.most:
            if self.request is not None:
                self.request.upload_stopped = True
            raise StopUpload(connection_reset=True)
        super().receive_data_chunk(raw_data, start)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        self.file.seek(0)
        return InMemoryUploadedFile(
            file=self.file,
            field_name=self.field_name,
            name=self.file_name,
            content_type=self.content_type,
            size=file_size,
            charset=self.charset,
        )
