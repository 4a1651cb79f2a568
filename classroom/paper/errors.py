"""What the readers of files refuse: a stable code, and a sentence in Chinese that says what is wrong and what to do."""

from typing import Final

TITLES: Final[dict[str, tuple[str, str]]] = {
    "file_kind": ("不支持这种文件，请使用 xlsx、docx 或 csv", "Files of this kind are not read: use xlsx, docx or csv"),
    "file_legacy": (
        "这是旧版（.xls、.doc）或加密的文件，请在办公软件中另存为 xlsx 或 docx 后再上传",
        "This is an old or an encrypted office file: save it as xlsx or docx first",
    ),
    "file_empty": ("文件是空的", "The file is empty"),
    "file_torn": ("文件已损坏或没有传完，请重新导出后再上传", "The file is damaged or incomplete"),
    "file_too_large": ("文件太大", "The file is too large"),
    "file_text": ("看不懂文件的文字编码，请另存为 UTF-8 编码的 csv", "The text of the file is in an unknown encoding"),
    "not_the_form": ("这不是附件3（结对学校用表）", "This is not the form of annex 3"),
    "form_unreadable": ("表上有一栏看不懂", "A cell of the form cannot be read"),
}
"""code → (Chinese, English)."""


class PaperError(Exception):
    """A file that is not taken. `detail` adds a fact in Chinese to the catalogue's sentence.

    Raises KeyError for a code that the catalogue does not hold.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code
        self.detail = detail
        self.title, self.title_en = TITLES[code]
