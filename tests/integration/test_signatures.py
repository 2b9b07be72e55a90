"""Digital signatures: whose, when, and whether the file is as it was when they were made; read in the sandbox."""

import datetime as dt
import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec

from services.core.model import DigitalSignature
from services.core.settings import load_settings
from services.ocr import Reader
from tests.corpus import ScanSpec, make_scan

PDF = "application/pdf"
OFFICE = "Ủy ban nhân dân tỉnh Lai Châu"


@pytest.fixture
async def reader(tmp_path: Path) -> AsyncIterator[Reader]:
    async with Reader(load_settings(data_dir=tmp_path / "data")) as started:
        yield started


@pytest.fixture(scope="module")
def scan() -> bytes:
    return make_scan(ScanSpec("signed", issuer="lai-chau", topic="tiem-chung", medium="pdf_born"), 31).data


async def test_a_signature_tells_its_office_and_its_time(reader: Reader, scan: bytes, tmp_path: Path) -> None:
    before = dt.datetime.now(dt.UTC).replace(microsecond=0)
    path = written(tmp_path, await signed(scan, OFFICE))
    (signature,) = (await reader.triage(path, PDF)).signatures
    assert (signature.name, signature.organization) == (OFFICE, "Tỉnh thử")
    assert signature.signed_at is not None
    assert before <= signature.signed_at <= dt.datetime.now(dt.UTC)
    assert signature.intact
    assert signature.whole_file


async def test_signatures_come_in_the_order_in_which_they_were_made(
    reader: Reader, scan: bytes, tmp_path: Path
) -> None:
    path = written(tmp_path, await signed(await signed(scan, OFFICE), "Trung tâm Công báo"))
    first, second = (await reader.triage(path, PDF)).signatures
    assert (first.name, first.intact, first.whole_file) == (OFFICE, True, False)
    assert (second.name, second.intact, second.whole_file) == ("Trung tâm Công báo", True, True)


async def test_a_file_changed_after_it_was_signed_is_not_intact(reader: Reader, scan: bytes, tmp_path: Path) -> None:
    data = bytearray(await signed(scan, OFFICE))
    at = data.index(b"stream") + 40
    data[at] ^= 1
    (signature,) = (await reader.triage(written(tmp_path, bytes(data)), PDF)).signatures
    assert (signature.name, signature.intact) == (OFFICE, False)


async def test_a_signature_in_a_broken_file_is_listed_and_says_nothing(
    reader: Reader, scan: bytes, tmp_path: Path
) -> None:
    path = written(tmp_path, await signed(scan, OFFICE) + b"\nstartxref\n1\n%%EOF\n")
    assert (await reader.triage(path, PDF)).signatures == (DigitalSignature(),)


def written(folder: Path, data: bytes) -> Path:
    path = folder / "signed.pdf"
    path.write_bytes(data)
    return path


async def signed(data: bytes, name: str) -> bytes:
    """Sign a PDF with a certificate that vouches for itself."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tỉnh thử"), x509.NameAttribute(NameOID.COMMON_NAME, name)]
    )
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    parcel = serialization.pkcs12.serialize_key_and_certificates(
        b"test", key, certificate, None, serialization.NoEncryption()
    )
    signer = signers.SimpleSigner.load_pkcs12_data(parcel, other_certs=[])
    assert signer is not None
    out = io.BytesIO()
    field = f"Signature {name}"
    writer = IncrementalPdfFileWriter(io.BytesIO(data))
    await signers.PdfSigner(
        signers.PdfSignatureMetadata(field_name=field), signer=signer, new_field_spec=SigFieldSpec(field)
    ).async_sign_pdf(writer, output=out)
    return out.getvalue()
