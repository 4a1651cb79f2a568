"""Office files (xlsx, docx) are zip packages of XML: what is looked at before any library opens one.

A few kilobytes can unpack to gigabytes, and a document type can name files of the server or grow without end.
"""

import zipfile
import zlib
from io import BytesIO
from typing import Final

from classroom.paper.errors import PaperError

FILE_MAX_BYTES: Final = 20 * 2**20
"""Of an uploaded file: a province's list of pairs with its 1 500 rows has 0.2 MB."""
UNPACKED_MAX_BYTES: Final = 100 * 2**20
XML_MAX_BYTES: Final = 12 * 2**20
"""Of everything in a package that is XML: a reader takes up to thirty times its size in memory, and four seconds for
10 MB. A list of 5 000 lines has 5 MB, a form 0.1 MB; what else a package holds is pictures, which are not read."""
PARTS_MAX: Final = 2_000
"""Files in a package; a form has about 20."""
ENTRY: Final = b"PK\x01\x02"
"""Begins each line of a package's list of parts."""
ZIP: Final = b"PK\x03\x04"
OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""First bytes of .xls, .doc, and of everything that office programs encrypt."""
_DOCTYPES: Final = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))
_BLANKS: Final = b"\xef\xbb\xbf\xff\xfe\0 \t\r\n"
"""What may stand before the first `<` of XML in any encoding."""
_CHUNK_BYTES: Final = 2**20


def check_size(data: bytes) -> None:
    """Raises PaperError file_empty, file_too_large, file_legacy."""
    if not data.strip():
        raise PaperError("file_empty")
    if len(data) > FILE_MAX_BYTES:
        raise PaperError("file_too_large", f"最大 {FILE_MAX_BYTES // 2**20} MB")
    if data.startswith(OLE):
        raise PaperError("file_legacy")


def check_package(data: bytes, unpacked_max_bytes: int = UNPACKED_MAX_BYTES) -> frozenset[str]:
    """The names in a package that can be unpacked safely: whole, of bounded size, no document type in its XML.

    Raises PaperError file_torn, file_too_large, and those of `check_size`.
    """
    check_size(data)
    # Counted before anything is made of them: a list of parts that fills the file takes 250 MB.
    if data.count(ENTRY) > PARTS_MAX:
        raise PaperError("file_too_large", "文件内的部件太多")
    try:
        with zipfile.ZipFile(BytesIO(data)) as package:
            parts = package.infolist()
            if sum(part.file_size for part in parts) > unpacked_max_bytes:
                raise PaperError("file_too_large", "解压后过大")
            left, xml_left = unpacked_max_bytes, XML_MAX_BYTES
            for part in parts:
                size, is_xml = _check_part(package, part, left, xml_left)
                left -= size
                xml_left -= size if is_xml else 0
            return frozenset(part.filename for part in parts)
    # What zipfile and the decompressors raise over hostile bytes is not one family.
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, NotImplementedError, zlib.error) as error:
        raise PaperError("file_torn") from error


def _check_part(
    package: zipfile.ZipFile, part: zipfile.ZipInfo, left_bytes: int, xml_left_bytes: int
) -> tuple[int, bool]:
    """Reads a part to its end, for its checksum; the size and the name that it has of itself are not believed.

    Its size, and whether it can be read as XML.
    """
    size = 0
    tail = b""
    is_xml = False
    with package.open(part) as stream:
        while chunk := stream.read(_CHUNK_BYTES):
            if size == 0:
                first = chunk.lstrip(_BLANKS)
                is_xml = first.startswith(b"<") or not first
            size += len(chunk)
            if size > left_bytes or (is_xml and size > xml_left_bytes):
                raise PaperError("file_too_large", "解压后过大")
            if any(mark in tail + chunk for mark in _DOCTYPES):
                raise PaperError("file_torn", "含有不允许的文档类型声明")
            tail = chunk[-32:]
    return size, is_xml
