"""The standard security handler of PDF, as far as tests need it: RC4 with 128 bits (R 3) and AES with 256 (R 5).

ISO 32000-1, 7.6.3, and Adobe's extension level 3. Nothing here protects anything: keys come from the passwords alone.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple, Protocol

FILE_ID = bytes(range(16))
_PAD = bytes.fromhex("28BF4E5E4E758A4164004E56FFFA01082E2E00B6D0683E802F0CA9FE6453697A")
_PERMISSIONS = -3904  # printing and copying refused, as offices like to set it


class Security(Protocol):
    """Encrypts the streams of a PDF and writes its /Encrypt dictionary."""

    def encrypt(self, number: int, data: bytes) -> bytes:
        """Return the data of stream object `number`, encrypted."""

    def dictionary(self) -> bytes:
        """Return the /Encrypt dictionary."""


class Rc4Security:
    """RC4, 128 bits. An empty user password opens in every program but forbids printing."""

    def __init__(self, user: str, owner: str) -> None:
        owner_key = _md5_rounds(_padded(owner))
        self._o = _padded(user)
        for i in range(20):
            self._o = rc4(bytes(byte ^ i for byte in owner_key), self._o)
        permissions = _PERMISSIONS.to_bytes(4, "little", signed=True)
        self._key = _md5_rounds(_padded(user) + self._o + permissions + FILE_ID)
        check = hashlib.md5(_PAD + FILE_ID).digest()  # the format wants it
        for i in range(20):
            check = rc4(bytes(byte ^ i for byte in self._key), check)
        self._u = check + bytes(16)

    def encrypt(self, number: int, data: bytes) -> bytes:
        """Encrypt one stream."""
        salted = self._key + number.to_bytes(3, "little") + bytes(2)
        return rc4(hashlib.md5(salted).digest(), data)

    def dictionary(self) -> bytes:
        """Return the /Encrypt dictionary."""
        o, u = self._o.hex().encode(), self._u.hex().encode()
        return b"<< /Filter /Standard /V 2 /R 3 /Length 128 /O <%s> /U <%s> /P %d >>" % (o, u, _PERMISSIONS)


class AesSecurity:
    """AES, 256 bits, in CBC mode."""

    def __init__(self, user: str, owner: str) -> None:
        self._key = hashlib.sha256(f"key/{user}/{owner}".encode()).digest()
        u_salts, o_salts = b"validatekeysalt!", b"VALIDATEKEYSALT!"
        self._u = hashlib.sha256(user.encode() + u_salts[:8]).digest() + u_salts
        self._ue = aes_cbc(hashlib.sha256(user.encode() + u_salts[8:]).digest(), bytes(16), self._key)
        self._o = hashlib.sha256(owner.encode() + o_salts[:8] + self._u).digest() + o_salts
        self._oe = aes_cbc(hashlib.sha256(owner.encode() + o_salts[8:] + self._u).digest(), bytes(16), self._key)
        permissions = _PERMISSIONS.to_bytes(4, "little", signed=True) + b"\xff\xff\xff\xffTadbvanb"
        self._perms = aes_cbc(self._key, bytes(16), permissions)  # one block: CBC with a zero start is ECB

    def encrypt(self, number: int, data: bytes) -> bytes:
        """Encrypt one stream; the start vector is made from the object's number."""
        start = hashlib.md5(b"%d" % number).digest()
        fill = 16 - len(data) % 16
        return start + aes_cbc(self._key, start, data + bytes([fill]) * fill)

    def dictionary(self) -> bytes:
        """Return the /Encrypt dictionary."""
        marks = {b"O": self._o, b"U": self._u, b"OE": self._oe, b"UE": self._ue, b"Perms": self._perms}
        entries = b" ".join(b"/%s <%s>" % (name, value.hex().encode()) for name, value in marks.items())
        return (
            b"<< /Filter /Standard /V 5 /R 5 /Length 256 /P %d /CF << /StdCF << /CFM /AESV3 /AuthEvent /DocOpen "
            b"/Length 32 >> >> /StmF /StdCF /StrF /StdCF %s >>"
        ) % (_PERMISSIONS, entries)


def rc4(key: bytes, data: bytes) -> bytes:
    """Encrypt or decrypt with RC4."""
    box, j = list(range(256)), 0
    for i in range(256):
        j = (j + box[i] + key[i % len(key)]) % 256
        box[i], box[j] = box[j], box[i]
    out, i, j = bytearray(), 0, 0
    for byte in data:
        i = (i + 1) % 256
        j = (j + box[i]) % 256
        box[i], box[j] = box[j], box[i]
        out.append(byte ^ box[(box[i] + box[j]) % 256])
    return bytes(out)


def aes_cbc(key: bytes, start: bytes, data: bytes) -> bytes:
    """Encrypt whole blocks with AES in CBC mode (FIPS 197)."""
    rounds = _expand(key)
    out, previous = bytearray(), start
    for at in range(0, len(data), 16):
        block = bytes(a ^ b for a, b in zip(data[at : at + 16], previous, strict=True))
        previous = _encrypt_block(block, rounds)
        out += previous
    return bytes(out)


class _Tables(NamedTuple):
    sbox: bytes
    twice: bytes


def _make_tables() -> _Tables:
    twice = bytes((x << 1 ^ (0x1B if x & 0x80 else 0)) & 0xFF for x in range(256))
    sbox = bytearray(256)
    p = q = 1
    while True:  # p runs through all powers of 3, q through their inverses
        p ^= twice[p]
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        turned = q
        for shift in range(1, 5):
            turned ^= (q << shift | q >> 8 - shift) & 0xFF
        sbox[p] = turned ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return _Tables(bytes(sbox), twice)


_TABLES = _make_tables()


def _expand(key: bytes) -> list[bytes]:
    sbox, words, step = _TABLES.sbox, [key[i : i + 4] for i in range(0, len(key), 4)], len(key) // 4
    constant = 1
    for i in range(step, 4 * (step + 7)):
        word = words[-1]
        if i % step == 0:
            word = bytes(sbox[b] for b in word[1:] + word[:1])
            word = bytes([word[0] ^ constant]) + word[1:]
            constant = _TABLES.twice[constant]
        elif step > 6 and i % step == 4:
            word = bytes(sbox[b] for b in word)
        words.append(bytes(a ^ b for a, b in zip(word, words[i - step], strict=True)))
    return [b"".join(words[i : i + 4]) for i in range(0, len(words), 4)]


_SHIFTED = tuple((i + 4 * (i % 4)) % 16 for i in range(16))


def _encrypt_block(block: bytes, rounds: list[bytes]) -> bytes:
    sbox, twice = _TABLES
    state = bytes(a ^ b for a, b in zip(block, rounds[0], strict=True))
    for key in rounds[1:-1]:
        moved = [sbox[state[i]] for i in _SHIFTED]
        mixed = bytearray()
        for c in range(0, 16, 4):
            column = moved[c : c + 4]
            every = column[0] ^ column[1] ^ column[2] ^ column[3]
            mixed += bytes(column[i] ^ every ^ twice[column[i] ^ column[(i + 1) % 4]] for i in range(4))
        state = bytes(a ^ b for a, b in zip(mixed, key, strict=True))
    return bytes(sbox[state[i]] ^ rounds[-1][n] for n, i in enumerate(_SHIFTED))


def _padded(password: str) -> bytes:
    return (password.encode("latin-1") + _PAD)[:32]


def _md5_rounds(data: bytes) -> bytes:
    for _ in range(51):
        data = hashlib.md5(data).digest()
    return data
