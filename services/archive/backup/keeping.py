"""What a folder of backups goes on holding: its newest snapshots, and the contents that they name."""

from services.archive.backup.folder import Folder
from services.core.errors import CorruptError


def keep_newest(folder: Folder, count: int) -> list[str]:
    """Remove all but the newest snapshots, then the contents that no snapshot names any more; return who went.

    Where a snapshot that stays has a damaged list nothing is removed: what it names could not be told.
    """
    names = folder.names()
    stay, gone = names[-count:], names[:-count]
    named: set[str] = set()
    for name in stay:
        if damaged := folder.damaged(folder.manifest(name)):
            raise CorruptError(
                f"The backup was taken, but older ones stay: {damaged[0]} is damaged. Remove that snapshot."
            )
        named.update(one.sha256 for one in folder.listed(name))
    for name in gone:
        folder.remove(name)
    for path in folder.blobs.glob("*/*"):
        if path.name not in named:
            path.unlink()
    return gone
