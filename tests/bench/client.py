"""Load generator: closed loop over persistent connections, one thread, no library between it and the sockets.

On a machine whose two cores carry the server and the database too, a client made of threads would be the
bottleneck; this one costs some tens of microseconds of processor per request, and says how many.
"""

import http.client
import selectors
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

LIMIT_SECONDS = 60.0
Request = Callable[[int], bytes]


@dataclass
class Load:
    """Seconds of each answer, the whole run's seconds, and the client's own processor seconds."""

    seconds: list[float] = field(default_factory=list)
    elapsed: float = 0.0
    client_cpu: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)

    def add(self, other: "Load") -> None:
        self.seconds += other.seconds
        self.elapsed += other.elapsed
        self.client_cpu += other.client_cpu
        for status, count in other.statuses.items():
            self.statuses[status] = self.statuses.get(status, 0) + count

    @property
    def rate(self) -> float:
        return len(self.seconds) / self.elapsed if self.elapsed else 0.0


class _Connection:
    def __init__(self, port: int, number: int, request: Request) -> None:
        self.port, self.number, self.request = port, number, request
        self.socket: socket.socket | None = None
        self.buffer = b""
        self.sent_at = 0.0

    def open(self, selector: selectors.BaseSelector) -> None:
        self.socket = socket.create_connection(("127.0.0.1", self.port), timeout=LIMIT_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(self.socket, selectors.EVENT_READ, self)

    def close(self, selector: selectors.BaseSelector) -> None:
        if self.socket is not None:
            with suppress(KeyError, ValueError):
                selector.unregister(self.socket)
            self.socket.close()
            self.socket = None

    def send(self, selector: selectors.BaseSelector) -> None:
        data = self.request(self.number)
        self.buffer = b""
        self.sent_at = time.perf_counter()
        if self.socket is None:
            self.open(selector)
        assert self.socket is not None
        self.socket.sendall(data)

    def receive(self) -> tuple[int, bool] | None:
        """Status and whether the server keeps the connection, once the whole answer is there."""
        assert self.socket is not None
        data = self.socket.recv(262144)
        if not data:
            raise ConnectionResetError("the server closed a connection in the middle of an answer")
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return None
        lower = head.lower()
        at = lower.find(b"\r\ncontent-length:")
        if at >= 0:
            length = int(lower[at + 17 :].split(b"\r\n", 1)[0])
            if len(body) < length:
                return None
        elif b"transfer-encoding: chunked" in lower and not body.endswith(b"0\r\n\r\n"):
            return None
        return int(head[9:12]), b"\r\nconnection: close" not in lower


def run(port: int, request: Request, *, total: int, clients: int = 8) -> Load:
    """Send ``total`` requests over ``clients`` connections, each waiting for its answer before the next one.

    ``request(n)`` gives the bytes of the next request of client ``n``. A connection the server closes between
    two requests (it renews its processes) is opened again; the time to open counts.
    """
    load = Load()
    selector = selectors.DefaultSelector()
    connections = [_Connection(port, number, request) for number in range(clients)]
    left = total
    cpu, started = time.process_time(), time.perf_counter()
    try:
        for connection in connections[:total]:
            connection.send(selector)
            left -= 1
        pending = min(clients, total)
        while pending:
            if time.perf_counter() - started > LIMIT_SECONDS:
                raise TimeoutError(f"{pending} answers missing after {LIMIT_SECONDS:.0f} s")
            for key, _ in selector.select(1.0):
                connection = key.data
                try:
                    answer = connection.receive()
                except ConnectionResetError:
                    if connection.buffer:
                        raise
                    connection.close(selector)
                    connection.send(selector)
                    continue
                if answer is None:
                    continue
                load.seconds.append(time.perf_counter() - connection.sent_at)
                status, kept = answer
                load.statuses[status] = load.statuses.get(status, 0) + 1
                if not kept:
                    connection.close(selector)
                pending -= 1
                if left:
                    left -= 1
                    pending += 1
                    connection.send(selector)
    finally:
        load.elapsed = time.perf_counter() - started
        load.client_cpu = time.process_time() - cpu
        for connection in connections:
            connection.close(selector)
        selector.close()
    return load


def post(path: str, body: str | bytes, port: int, cookie: str = "") -> bytes:
    """Bytes of a form's POST."""
    data = body.encode() if isinstance(body, str) else body
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(data)}\r\n" + (f"Cookie: {cookie}\r\n" if cookie else "") + "\r\n"
    )
    return head.encode() + data


def get(path: str, port: int, cookie: str = "") -> bytes:
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        + (f"Cookie: {cookie}\r\n" if cookie else "")
        + "\r\n"
    ).encode()


class _Hidden(HTMLParser):
    """Hidden fields of a page, by name."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden" and given.get("name"):
            self.values[str(given["name"])] = given.get("value") or ""


class Browser:
    """The few things of a browser a measure needs: cookies, hidden fields, a login by the real page."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.cookies: dict[str, str] = {}

    @property
    def cookie(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def open(
        self, method: str, path: str, fields: dict[str, object] | None = None
    ) -> tuple[int, dict[str, str], str]:
        """Status, headers (lower case) and text of one answer."""
        status, headers, chunks = self._ask(method, path, fields)
        return status, headers, b"".join(chunks).decode("utf-8", "replace")

    def download(self, path: str) -> Iterator[bytes]:
        """Pieces of a streamed answer; a status other than 200 is an error."""
        status, _, chunks = self._ask("GET", path, None)
        if status != 200:
            raise RuntimeError(f"{path}: {status}")
        yield from chunks

    def _ask(
        self, method: str, path: str, fields: dict[str, object] | None
    ) -> tuple[int, dict[str, str], Iterator[bytes]]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        body = urlencode(fields, doseq=True) if fields is not None else None
        headers = {"Cookie": self.cookie} if self.cookies else {}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value

        def chunks() -> Iterator[bytes]:
            try:
                while chunk := answer.read(65536):
                    yield chunk
            finally:
                connection.close()

        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, chunks()

    def hidden(self, path: str) -> dict[str, str]:
        """Hidden fields of a page that must answer 200."""
        status, headers, text = self.open("GET", path)
        if status != 200:
            raise RuntimeError(f"{path}: {status} {headers.get('location', '')}")
        parser = _Hidden()
        parser.feed(text)
        return parser.values

    def log_in(self, email: str, password: str) -> None:
        """Open a session through the login page."""
        token = self.hidden("/connexion/")["csrfmiddlewaretoken"]
        fields: dict[str, object] = {"csrfmiddlewaretoken": token, "login": email, "password": password}
        status, _, text = self.open("POST", "/connexion/", fields)
        if status not in {302, 303}:
            raise RuntimeError(f"login of {email}: {status}\n{text[:500]}")
