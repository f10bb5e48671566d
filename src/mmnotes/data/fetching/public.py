"""Only machines that the whole internet can reach, whatever an address in a table says.

A catalogue comes from others, and so do the addresses of its photos. One that names this machine,
or a neighbour behind the same firewall, would have us ask there with our rights (server-side
request forgery). The name is not what is checked, since it may be answered differently a moment
later, but the connection itself, before anything is said over it; redirects pass here as well.
"""

import ipaddress
import socket
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError

_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052: the last 32 bits are an IPv4 address


class NotPublic(HTTPError):
    """A connection led to a machine that is not on the public internet."""


def is_public(address: str) -> bool:
    """Is this IP address one that anybody can reach?

    Examples
    --------
    >>> is_public("93.184.215.14"), is_public("192.168.0.1"), is_public("::ffff:127.0.0.1")
    (True, False, False)
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        translated = ipaddress.IPv4Address(int(ip) % 2**32) if ip in _NAT64 else None
        ip = ip.ipv4_mapped or ip.sixtofour or translated or ip
    return ip.is_global and not ip.is_multicast


class _Plain(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


class _Secure(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _checked(super()._new_conn())


def _checked(connected: socket.socket) -> socket.socket:
    address = connected.getpeername()[0]
    if not is_public(address):
        connected.close()
        raise NotPublic(f"leads to {address}, which is not on the public internet")
    return connected


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _Plain


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _Secure


class PublicAdapter(HTTPAdapter):
    """Connects to public addresses only. A proxy, where one is set, has rules of its own."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools that connections come from."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _SecurePool}
