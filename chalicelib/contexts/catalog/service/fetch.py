"""Fetching a picture from an address that a merchant gave, without being led astray.

An address may point inside the house (https://owasp.org/www-community/attacks/Server_Side_Request_Forgery).
So names are looked up here, every address found must be a public one, the connection goes to the
address that was checked, and each redirect is checked the same way.
"""

import ipaddress
import socket
import ssl
from urllib.parse import SplitResult, urljoin, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from chalicelib.aws.settings import settings
from chalicelib.kernel import clock

PIECE_BYTES = 65_536
CONNECT_TIMEOUT_S = 3
READ_TIMEOUT_S = 6
FETCH_TIMEOUT_S = 20
REDIRECTS_MAX = 3
REDIRECTS = {301, 302, 303, 307, 308}
PORTS = {"http": 80, "https": 443}
NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
USER_AGENT = "Souk/1.0 (pictures)"
TOO_LARGE = "it is too large"


class CannotFetch(Exception):
    """A picture could not be had. `is_host` tells that others of its host cannot be either."""

    def __init__(self, reason: str, *, is_host: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.is_host = is_host


def fetch(url: str, *, bytes_max: int) -> bytes:
    """Fetch a file of up to so many bytes. Raises `CannotFetch`."""
    until = clock.iso(clock.later(clock.now(), FETCH_TIMEOUT_S))
    for _ in range(REDIRECTS_MAX + 1):
        answer = _ask(url)
        try:
            if answer.status in REDIRECTS and "location" in answer.headers:
                url = urljoin(url, answer.headers["location"])
                continue
            if answer.status != 200:
                raise CannotFetch(f"the answer is {answer.status}")
            return _body(answer, until, bytes_max)
        except HTTPError as error:
            raise CannotFetch(f"the answer breaks off: {type(error).__name__}") from None
        finally:
            answer.release_conn()
            answer.close()
    raise CannotFetch("too many redirects")


def host_of(url: str) -> str:
    """The host and port of an address, as `settings().picture_hosts` writes them."""
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        return ""
    return f"{parts.hostname or ''}:{port}"


def _ask(url: str) -> urllib3.BaseHTTPResponse:
    try:
        parts = urlsplit(url)
        port = parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise CannotFetch("it is no address") from None
    host = parts.hostname or ""
    if parts.scheme not in PORTS or not host or "@" in parts.netloc:
        raise CannotFetch("it is no http or https address")
    address = _address(host, port)
    try:
        return _pool(parts, address, host, port).request(
            "GET",
            (parts.path or "/") + (f"?{parts.query}" if parts.query else ""),
            headers={
                "Host": parts.netloc,
                "User-Agent": USER_AGENT,
                "Accept": "image/*, video/*",
                "Accept-Encoding": "identity",
            },
            redirect=False,
            retries=False,
            preload_content=False,
        )
    except (HTTPError, UnicodeError, ValueError) as error:
        raise CannotFetch(f"{host} does not answer: {type(error).__name__}", is_host=True) from None


def _pool(parts: SplitResult, address: str, host: str, port: int) -> urllib3.HTTPConnectionPool:
    """A connection to the address that was checked, in the name of the host."""
    timeout = urllib3.Timeout(connect=CONNECT_TIMEOUT_S, read=READ_TIMEOUT_S)
    if parts.scheme == "http":
        return urllib3.HTTPConnectionPool(address, port, timeout=timeout, maxsize=1)
    return urllib3.HTTPSConnectionPool(
        address,
        port,
        timeout=timeout,
        maxsize=1,
        server_hostname=host,
        assert_hostname=host,
        ssl_context=ssl.create_default_context(),
    )


def _address(host: str, port: int) -> str:
    """Look a host up; all its addresses must be public unless the settings name it."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise CannotFetch(f"{host} is not known", is_host=True) from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    addresses = [str(entry[4][0]) for entry in found]
    if f"{host}:{port}" not in settings().picture_hosts:
        for address in addresses:
            if not is_public(address):
                raise CannotFetch(f"{host} is not a public address", is_host=True)
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether an address is out in the world: not private, loopback, link-local or shared."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return inner.is_global and not inner.is_multicast
    return ip.is_global and not ip.is_multicast


def _body(answer: urllib3.BaseHTTPResponse, until: str, bytes_max: int) -> bytes:
    pieces: list[bytes] = []
    size = 0
    for piece in answer.stream(PIECE_BYTES, decode_content=False):
        size += len(piece)
        if size > bytes_max:
            raise CannotFetch(TOO_LARGE)
        if clock.iso(clock.now()) > until:
            raise CannotFetch(f"it takes longer than {FETCH_TIMEOUT_S} seconds")
        pieces.append(piece)
    return b"".join(pieces)
