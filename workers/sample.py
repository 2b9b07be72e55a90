"""The sample archive: synthetic scans that `vanban up --sample` loads once into an empty data directory."""

from pathlib import Path

from services.archive import Archive
from services.core.errors import MissingProgramError
from services.core.model import Batch, local_principal

SAMPLE_FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "sample"
SAMPLE_LABEL = "Mẫu / Sample"
_SUFFIXES = frozenset({".pdf", ".tif", ".tiff", ".jpg", ".jpeg", ".png", ".txt"})


async def load_sample(archive: Archive, folder: Path = SAMPLE_FOLDER) -> int:
    """Take in the sample scans that are not there yet and return how many were.

    Does nothing in an archive that holds batches of somebody else. A load that was cut off is finished.
    Raises MissingProgramError when the scans are not where they are installed.
    """
    files = sample_files(folder)
    p = local_principal("cli")
    batches = (await archive.account.batches(p)).items
    if any(batch.label != SAMPLE_LABEL for batch in batches):
        return 0
    batch = batches[0] if batches else await archive.intake.create_batch(p, label=SAMPLE_LABEL)
    there = await _names(archive, batch)
    missing = [path for path in files if path.name not in there]
    for path in missing:
        await archive.intake.receive_path(p, batch.id, path)
    return len(missing)


def sample_files(folder: Path = SAMPLE_FOLDER) -> list[Path]:
    """Return the sample scans by name; MissingProgramError when there are none."""
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in _SUFFIXES)
    if not files:
        raise MissingProgramError(f"The sample scans are not in {folder}. Start without --sample.", program="sample")
    return files


async def _names(archive: Archive, batch: Batch) -> set[str]:
    page = await archive.account.items(local_principal("cli"), batch.id, limit=1000)
    return {item.name for item in page.items}
