"""A certificate for 127.0.0.1, new for each simulator, because the SDK opens Live connections over TLS only."""

from __future__ import annotations

import ssl
import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import trustme

NEEDS_TRUSTME = (
    "Live sessions of the SDK need TLS, for which the simulator makes a certificate with trustme. Install it with: "
    "pip install 'gemini-otel[demo]'"
)


class Certificate:
    """It is made when it is first needed; raises RuntimeError if `trustme` is not installed."""

    @cached_property
    def server_context(self) -> ssl.SSLContext:
        """For the simulator's side of a connection."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._issued.configure_cert(context)
        return context

    def client_context(self) -> ssl.SSLContext:
        """For the SDK's side: it trusts only this simulator."""
        return ssl.create_default_context(cadata=self._authority.cert_pem.bytes().decode())

    @cached_property
    def path(self) -> str:
        """A PEM file with the certificate to trust."""
        with tempfile.NamedTemporaryFile(
            "wb", prefix="gemini-simulator-", suffix=".pem", delete=False
        ) as file:
            file.write(self._authority.cert_pem.bytes())
        return file.name

    def remove(self) -> None:
        """Delete the PEM file, if one was written."""
        if "path" in vars(self):
            Path(self.path).unlink(missing_ok=True)

    @cached_property
    def _authority(self) -> trustme.CA:
        try:
            import trustme
        except ImportError:
            raise RuntimeError(NEEDS_TRUSTME) from None
        return trustme.CA()

    @cached_property
    def _issued(self) -> trustme.LeafCert:
        return self._authority.issue_cert("127.0.0.1", "localhost")
