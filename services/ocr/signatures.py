"""The digital signatures of a PDF (pyHanko): whose they are, when they were made, what they still vouch for."""

from __future__ import annotations

import logging
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation.generic_cms import validate_sig_integrity
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import SignatureCoverageLevel

from services.core.model import DigitalSignature
from services.core.text import nfc

logging.getLogger("pyhanko").setLevel(logging.CRITICAL)  # it writes lines about files that bend the rules

_MOST = 100


def read_signatures(path: Path) -> tuple[DigitalSignature, ...]:
    """Read the signatures of a PDF in the order in which they were made; never raises on what the file says.

    Certificates are not traced to an authority (no network, no trust list). A signature that makes no sense says
    nothing but that it is there; at most 100 are read.
    """
    try:
        with path.open("rb") as file:
            reader = PdfFileReader(file, strict=False)
            return tuple(_read(signature) for signature in reader.embedded_regular_signatures[:_MOST])
    except Exception:  # noqa: BLE001 - the library raises anything on a broken file; PDFium has seen a signature
        return ()


def _read(signature: EmbeddedPdfSignature) -> DigitalSignature:
    try:
        signature.compute_integrity_info(skip_diff=True)  # type: ignore[no-untyped-call] # the library has no types there
        subject = signature.signer_cert.subject.native
        at = signature.self_reported_timestamp
        return DigitalSignature(
            name=_text(subject.get("common_name")),
            organization=_text(subject.get("organization_name")),
            signed_at=at if at and at.tzinfo else None,
            intact=_is_intact(signature),
            whole_file=signature.coverage is SignatureCoverageLevel.ENTIRE_FILE,
        )
    except Exception:  # noqa: BLE001 - as above
        return DigitalSignature()


def _is_intact(signature: EmbeddedPdfSignature) -> bool:
    """Whether the bytes that it covers are those that were signed, and the certificate's key signed them."""
    content_type = str(signature.signed_data["encap_content_info"]["content_type"].native)
    same, valid = validate_sig_integrity(
        signature.signer_info, signature.signer_cert, content_type, signature.compute_digest()
    )
    return same and valid


def _text(value: object) -> str | None:
    """Return a name of a certificate, the last where there are several."""
    last = value[-1] if isinstance(value, list) and value else value
    return nfc(str(last)).strip()[:300] or None if last else None
