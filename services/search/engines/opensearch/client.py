"""One async client made from `VANBAN_INDEX_URL`, and OpenSearch's errors made ours."""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

from opensearchpy import AsyncOpenSearch
from opensearchpy.exceptions import (
    AuthenticationException,
    AuthorizationException,
    ConnectionError,  # noqa: A004 - the library's name for it
    OpenSearchException,
    SSLError,
    TransportError,
)

from services.core.errors import SettingsError, UnavailableError
from services.search.generations import DEFAULT_ALIAS
from services.search.problems import index_damaged

TRY_AGAIN = (429, 502, 503, 504)
_TIMEOUT_SECONDS = 30
_MOST_SHARDS = 64


@dataclass(frozen=True, slots=True)
class Address:
    """Where a cluster answers and under which alias our index is known there."""

    hosts: tuple[str, ...]
    alias: str
    user: str | None = None
    password: str | None = None
    verify_certs: bool = True
    ca_certs: str | None = None
    shards: int = 1


def parse_address(url: str) -> Address:
    """Read `https://USER:PASSWORD@HOST:PORT[,HOST:PORT]/ALIAS?ca_certs=FILE&verify_certs=false&shards=N`.

    A host is enough. `shards` (1 to 64) is of the generations that are made from now on.
    """
    parts = urlsplit(url)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    credentials, _, places = parts.netloc.rpartition("@")
    user, _, password = credentials.partition(":")
    alias = parts.path.strip("/") or DEFAULT_ALIAS
    wrong = set(options) - {"ca_certs", "verify_certs", "shards"}
    shards = options.get("shards", "1")
    wrong |= set() if re.fullmatch("[1-9][0-9]?", shards) and int(shards) <= _MOST_SHARDS else {"shards"}
    if parts.scheme not in ("http", "https") or not places or wrong or "/" in alias or alias != alias.lower():
        raise SettingsError(
            "VANBAN_INDEX_URL: write embedded:///DIRECTORY or https://USER:PASSWORD@HOST:9200/ALIAS"
            " (?ca_certs=FILE or ?verify_certs=false for a certificate of your own, ?shards=3 for 1 to 64 shards).",
            name="VANBAN_INDEX_URL",
        )
    return Address(
        hosts=tuple(f"{parts.scheme}://{place}" for place in places.split(",")),
        alias=alias,
        user=unquote(user) or None,
        password=unquote(password) or None,
        verify_certs=options.get("verify_certs", "true").lower() not in ("false", "0", "no"),
        ca_certs=options.get("ca_certs"),
        shards=int(shards),
    )


def make_client(address: Address) -> AsyncOpenSearch:
    """Make the client of one event loop; the engine closes it."""
    return AsyncOpenSearch(
        hosts=list(address.hosts),
        http_auth=(address.user, address.password or "") if address.user else None,
        verify_certs=address.verify_certs,
        ssl_show_warn=address.verify_certs,
        ca_certs=address.ca_certs,
        http_compress=False,  # on loopback and in one data centre the CPU costs more than the bytes
        timeout=_TIMEOUT_SECONDS,
        max_retries=2,
        retry_on_timeout=False,
    )


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turn OpenSearch's errors into ours, each with the next step."""
    try:
        yield
    except SSLError as error:
        raise SettingsError(
            f"VANBAN_INDEX_URL: OpenSearch's certificate is not trusted ({error}). Name its CA with ?ca_certs=FILE."
        ) from error
    except (AuthenticationException, AuthorizationException) as error:
        raise SettingsError(
            "VANBAN_INDEX_URL: OpenSearch refuses this user. Check the name, the password and the user's rights."
        ) from error
    except ConnectionError as error:
        raise UnavailableError(f"OpenSearch does not answer ({error}). Is it running?", service="opensearch") from error
    except TransportError as error:
        if error.status_code in TRY_AGAIN:
            raise UnavailableError(f"OpenSearch is busy ({error}). Try again.", service="opensearch") from error
        raise index_damaged(
            f"OpenSearch refuses the request ({error}). If the index is of another version: `vanban reindex`."
        ) from error
    except OpenSearchException as error:
        raise UnavailableError(f"OpenSearch: {error}", service="opensearch") from error
