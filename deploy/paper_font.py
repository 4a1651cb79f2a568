"""Make the font of the paper forms again: `python deploy/paper_font.py NotoSerifCJK-Regular.ttc classroom/paper/font`.

Needs fontTools 4 and a machine with the Noto fonts (Debian: fonts-noto-cjk). PDF writers embed TrueType outlines,
Noto Serif CJK has PostScript ones: they are converted, Chinese characters and signs alone are kept (every character
of GB 18030 that the font has, with the rare ones of names beyond the basic plane), and ☑ is put together from □ and ✓.
"""

import sys
from pathlib import Path

from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTCollection, TTFont, newTable

SOURCE_NAME = "Noto Serif CJK SC"
NAME = "Classroom Form Song"
MAX_ERROR_UNITS = 5.0
"""Of the em's 1000: a fiftieth of a millimetre in a title."""
RANGES = (
    *((0x20, 0x7E), (0xA0, 0x17F), (0x1CD, 0x1DC), (0x251, 0x261), (0x2C6, 0x2DD), (0x391, 0x3C9), (0x401, 0x451)),
    *((0x2010, 0x2046), (0x2070, 0x209C), (0x20A0, 0x20BF), (0x2100, 0x218B), (0x2190, 0x22FF), (0x2460, 0x24FF)),
    *((0x2500, 0x27BF), (0x2E80, 0x303F), (0x3041, 0x312F), (0x3200, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF)),
    *((0xFE30, 0xFE6F), (0xFF01, 0xFFE6), (0x20000, 0x3FFFF)),
)
BOX, TICK, TICKED_BOX = 0x25A1, 0x2713, 0x2611
# The tick three quarters of its size, in the middle of the box.
TICK_PLACE = (0.75, 0, 0, 0.75, 248, 53)


def kept(source: Path) -> TTFont:
    """The font with the kept characters alone, without layout tables and hints."""
    fonts = TTCollection(source, lazy=True).fonts
    font = next(font for font in fonts if font["name"].getDebugName(4) == SOURCE_NAME)
    options = Options()
    options.layout_features = []
    options.hinting = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["GSUB", "GPOS", "GDEF", "BASE", "VORG", "vmtx", "vhea"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=[sign for sign in font.getBestCmap() if any(a <= sign <= b for a, b in RANGES)])
    subsetter.subset(font)
    return font


def with_outlines(font: TTFont) -> None:
    """PostScript outlines become TrueType ones; ☑ is added."""
    shapes, signs = font.getGlyphSet(), font.getBestCmap()
    glyphs = {}
    for name in font.getGlyphOrder():
        target = TTGlyphPen(None)
        shapes[name].draw(Cu2QuPen(target, MAX_ERROR_UNITS, reverse_direction=True))
        glyphs[name] = target.glyph()
    target = TTGlyphPen(None)
    pen = Cu2QuPen(target, MAX_ERROR_UNITS, reverse_direction=True)
    shapes[signs[BOX]].draw(pen)
    shapes[signs[TICK]].draw(TransformPen(pen, TICK_PLACE))
    glyphs["ticked"] = target.glyph()
    order = [*font.getGlyphOrder(), "ticked"]
    font["hmtx"]["ticked"] = font["hmtx"][signs[BOX]]
    for table in font["cmap"].tables:
        if table.isUnicode():
            table.cmap[TICKED_BOX] = "ticked"
    del font["CFF "]
    font.setGlyphOrder(order)
    font["loca"] = newTable("loca")
    font["glyf"] = newTable("glyf")
    font["glyf"].glyphOrder, font["glyf"].glyphs = order, glyphs
    for name in order:
        glyphs[name].recalcBounds(font["glyf"])
    font["hmtx"].metrics = {name: (font["hmtx"][name][0], getattr(glyphs[name], "xMin", 0)) for name in order}


def as_truetype(font: TTFont) -> None:
    """The tables that tell a TrueType font, and its own name: a changed font must not pass for the original."""
    largest = font["maxp"]
    largest.tableVersion = 0x00010000
    largest.maxZones = 1
    for field in ("TwilightPoints", "Storage", "FunctionDefs", "InstructionDefs", "StackElements"):
        setattr(largest, f"max{field}", 0)
    largest.maxSizeOfInstructions = largest.maxComponentElements = 0
    font["post"].formatType = 3.0
    font["head"].glyphDataFormat = 0
    font.sfntVersion = "\x00\x01\x00\x00"
    names = font["name"]
    names.names = [record for record in names.names if (record.platformID, record.langID) == (3, 0x409)]
    postscript = f"{NAME.replace(' ', '')}-Regular"
    for number, text in ((1, NAME), (2, "Regular"), (3, postscript), (4, NAME), (6, postscript)):
        names.setName(text, number, 3, 1, 0x409)
    names.setName(f"Made from {SOURCE_NAME} {names.getDebugName(5)} with TrueType outlines", 10, 3, 1, 0x409)


if __name__ == "__main__":
    font = kept(Path(sys.argv[1]))
    with_outlines(font)
    as_truetype(font)
    font.save(Path(sys.argv[2]) / "ClassroomFormSong.ttf")
