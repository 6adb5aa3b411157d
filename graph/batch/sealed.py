"""Lines that tell whether they are whole: a JSON object that ends with the crc32 of the rest of it."""

import re
import zlib

from pydantic import BaseModel

_CRC = re.compile(rb'(.*),"crc32":"([0-9a-f]{8})"\}', re.DOTALL)


def sealed(record: BaseModel) -> bytes:
    """The record with its crc32 and line end; it has at least one field."""
    body = record.model_dump_json().encode()
    return body[:-1] + b',"crc32":"%08x"}\n' % zlib.crc32(body)


def unsealed(line: bytes) -> bytes | None:
    """The record's JSON, or None when the line is torn or changed.

    Args:
        line: without its line end.
    """
    match = _CRC.fullmatch(line)
    if match is None:
        return None
    body = match[1] + b"}"
    return body if zlib.crc32(body) == int(match[2], 16) else None
