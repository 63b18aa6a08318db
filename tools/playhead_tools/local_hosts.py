"""Whether an address is this machine, so that what is sent there does not leave it."""

import ipaddress
import urllib.request
from urllib.parse import urlsplit

from playhead_index.errors import ModelUnavailable
from playhead_tools.redaction import redact


class NotLocal(ModelUnavailable):
    """Something would leave this machine, and must not."""


def is_loopback(url: str) -> bool:
    """Whether an address names this machine by its loopback interface, and no proxy stands before it.

    Names other than `localhost` are not looked up: what a name means may change.

    >>> is_loopback("http://127.0.0.1:8000/v1"), is_loopback("http://localhost.evil.example/v1")
    (True, False)
    """
    try:
        place = urlsplit(url if "://" in url else f"//{url}")
        host = place.hostname or ""
        place.port  # noqa: B018 - raises where it is no port
    except ValueError:
        return False
    if not _is_loopback_host(host.rstrip(".")):
        return False
    return _proxy(place.scheme, host) == ""


def require_local(url: str, component: str) -> None:
    """Refuses an address that is not this machine.

    Args:
        url: that something would be sent to.
        component: what stands there, such as `the chat model`.

    Raises:
        NotLocal: it is another machine, or a proxy stands before it.
    """
    if is_loopback(url):
        return
    address = redact(url) or "its provider"
    why = f"{address} is not on this machine"
    try:
        place = urlsplit(url)
        if _is_loopback_host((place.hostname or "").rstrip(".")):
            why = f"a proxy of the environment stands before {address}; set NO_PROXY"
    except ValueError:
        pass
    raise NotLocal(
        f"--local-only: {component} was not asked: {why}; use a server at 127.0.0.1 or leave --local-only out"
    )


def _is_loopback_host(host: str) -> bool:
    if host.casefold() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _proxy(scheme: str, host: str) -> str:
    proxies = urllib.request.getproxies()
    found = proxies.get(scheme or "http") or proxies.get("all") or ""
    return "" if not found or urllib.request.proxy_bypass(host) else found
