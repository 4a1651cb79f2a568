"""听课评课表 on paper: an ordinary one on one page, the longest without a word lost."""

import pypdfium2 as pdfium

from classroom.paper.formats import write_sheet
from classroom.paper.pdf import to_pdf
from classroom.paper.review import Reviewed, review_sheet
from tests.paper.conftest import LONG_NAME, LONG_TEXT
from tests.paper.test_pdf import squeezed, text_of

STEPS = ("导入", "新知学习", "城乡互动", "练习巩固", "课堂小结")
SIDES = [(name, "较好") for name in ("教学目标", "教学过程", "城乡互动", "媒体应用", "教学效果")]
ABOUT = (("上课日期", "2026 年 11 月 24 日"), ("学科", "语"), ("主讲", "实验小学\n五（1）班"))
ORDINARY = Reviewed(
    title="观潮",
    reviewer="徐督学",
    day="2026 年 11 月 26 日",
    about=ABOUT,
    schools="檀溪中小 五（1）班",
    sides=SIDES,
    texts=[*((step, "两校学生一起朗读，乡村学生先说。") for step in STEPS), ("优点与亮点", "节奏好"), ("改进建议", "")],
    meeting="",
)
LONGEST = Reviewed(
    title=LONG_NAME,
    reviewer=LONG_NAME,
    day=ORDINARY.day,
    about=ABOUT,
    schools="、".join([LONG_NAME] * 4),
    sides=SIDES * 2,
    texts=[(f"环节{number}", LONG_TEXT[:1000]) for number in range(30)],
    meeting=LONG_NAME,
)


def test_an_ordinary_one_is_one_page_with_every_word() -> None:
    data = to_pdf(review_sheet(ORDINARY))
    with pdfium.PdfDocument(data) as document:
        assert len(document) == 1
    for words in (
        "城乡同步课堂",
        "听课评课表",
        "课题：观潮",
        "徐督学",
        "檀溪中小五（1）班",
        "新知学习",
        "节奏好",
        "签名",
    ):
        assert words in text_of(data)


def test_the_longest_goes_over_its_pages_and_word_takes_it() -> None:
    sheet = review_sheet(LONGEST)
    printed = text_of(to_pdf(sheet))
    assert squeezed(LONG_NAME) in printed and printed.count("课后评课") >= 30
    assert write_sheet(sheet, "docx").startswith(b"PK")
    assert write_sheet(sheet, "docx") == write_sheet(sheet, "docx")
