"""Where things come from: hashes, canonical JSON and times."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path


def canonical_json(value: object) -> str:
    """One spelling per value: sorted keys, no spaces, no NaN. What is hashed is written this way."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256_of_bytes(data: bytes | memoryview) -> str:
    return hashlib.sha256(data).hexdigest()


def sha256_of_json(value: object) -> str:
    return sha256_of_bytes(canonical_json(value).encode())


def sha256_of_file(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def utc_now() -> str:
    """The time as ISO 8601 in UTC with milliseconds, as every column that ends in `_at` holds it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
