"""Are the files of a generation what tantivy wrote: each ends with a footer that has the checksum of the rest.

The layout (tantivy 0.22 to 0.27, `directory/footer.rs`): the bytes, a JSON object with `crc` (CRC-32), its length and
a magic number, both 32 bits, little-endian. tantivy itself looks at the sums on request only, never when it opens.
"""

import json
import struct
import zlib
from pathlib import Path
from typing import BinaryIO

_TAIL = struct.Struct("<II")
_MAGIC = 1337
_CHUNK = 1 << 20
_TRIES = 5


def damaged_file(folder: Path) -> str | None:
    """Return the name of a file of the last commit that is not as it was written, None when all are.

    Others may write meanwhile: what is damaged only because a commit replaced it is looked at again.
    """
    for _ in range(_TRIES):
        meta = (folder / "meta.json").read_bytes()
        found = next((path.name for path in committed_files(folder, meta) if not _is_whole(path)), None)
        if found is None or (folder / "meta.json").read_bytes() == meta:
            return found
    return None


def committed_files(folder: Path, meta: bytes) -> list[Path]:
    """List the files of the segments of a commit; of lists of deleted documents only the one in force."""
    files = []
    for segment in json.loads(meta)["segments"]:
        name = segment["segment_id"].replace("-", "")
        deletes = segment.get("deletes")
        in_force = f"{name}.{deletes['opstamp']}.del" if deletes else None
        files += [path for path in folder.glob(f"{name}.*") if path.suffix != ".del" or path.name == in_force]
    return sorted(files)


def _is_whole(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            file.seek(max(0, size - _TAIL.size))
            length, magic = _TAIL.unpack(file.read())
            body = size - _TAIL.size - length
            if magic != _MAGIC or body < 0:
                return False
            file.seek(body)
            expected = json.loads(file.read(length))["crc"]
            file.seek(0)
            return bool(_crc(file, body) == expected)
    except FileNotFoundError:
        return True  # merged away; a file that is really gone fails the opening of the index
    except (struct.error, ValueError, KeyError, TypeError):
        return False


def _crc(file: BinaryIO, size: int) -> int:
    crc = 0
    while size > 0:
        chunk = file.read(min(_CHUNK, size))
        crc = zlib.crc32(chunk, crc)
        size -= len(chunk)
    return crc
