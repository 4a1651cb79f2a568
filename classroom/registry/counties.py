"""Counties (县、市、区) of Zhejiang and their 6-digit codes (GB/T 2260).

A name is turned into a code, so that nobody types one. Public administrative facts. A county of another province is
not here: its code is given by hand, or stays unknown.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

_CITIES: Final = {
    "杭州": "3301 上城区02 下城区03 江干区04 拱墅区05 西湖区06 滨江区08 萧山区09 余杭区10 富阳区11 临安区12 临平区13 "
    "钱塘区14 桐庐县22 淳安县27 建德市82",
    "宁波": "3302 海曙区03 江北区05 北仑区06 镇海区11 鄞州区12 奉化区13 象山县25 宁海县26 余姚市81 慈溪市82",
    "温州": "3303 鹿城区02 龙湾区03 瓯海区04 洞头区05 永嘉县24 平阳县26 苍南县27 文成县28 泰顺县29 瑞安市81 乐清市82 "
    "龙港市83",
    "嘉兴": "3304 南湖区02 秀洲区11 嘉善县21 海盐县24 海宁市81 平湖市82 桐乡市83",
    "湖州": "3305 吴兴区02 南浔区03 德清县21 长兴县22 安吉县23",
    "绍兴": "3306 越城区02 柯桥区03 上虞区04 新昌县24 诸暨市81 嵊州市83",
    "金华": "3307 婺城区02 金东区03 武义县23 浦江县26 磐安县27 兰溪市81 义乌市82 东阳市83 永康市84",
    "衢州": "3308 柯城区02 衢江区03 常山县22 开化县24 龙游县25 江山市81",
    "舟山": "3309 定海区02 普陀区03 岱山县21 嵊泗县22",
    "台州": "3310 椒江区02 黄岩区03 路桥区04 三门县22 天台县23 仙居县24 温岭市81 临海市82 玉环市83",
    "丽水": "3311 莲都区02 青田县21 缙云县22 遂昌县23 松阳县24 云和县25 庆元县26 景宁畲族自治县27 龙泉市81",
}
_PROVINCE: Final = "浙江省"


def _table() -> dict[str, tuple[str, str]]:
    found = {}
    for city, line in _CITIES.items():
        prefix, *counties = line.split()
        found.update({prefix + county[-2:]: (city, county[:-2]) for county in counties})
    return found


COUNTIES: Final[Mapping[str, tuple[str, str]]] = MappingProxyType(_table())
"""Code → (city without 市, full name)."""


def stem(name: str) -> str:
    """浦江县 → 浦江; a name of one character keeps its ending."""
    for ending in ("畲族自治县", "县", "市", "区"):
        if name.endswith(ending) and len(name) - len(ending) >= 2:
            return name.removesuffix(ending)
    return name


def _names() -> dict[str, str]:
    """Every way to write a county that stands for one county only."""
    ways: dict[str, set[str]] = {}
    for code, (city, county) in COUNTIES.items():
        for last in {county, stem(county)}:
            for first in ("", city, city + "市", _PROVINCE, _PROVINCE + city + "市", "浙江" + city):
                ways.setdefault(first + last, set()).add(code)
    return {way: codes.pop() for way, codes in ways.items() if len(codes) == 1}


_BY_NAME: Final[Mapping[str, str]] = MappingProxyType(_names())
_LONGEST: Final = max(map(len, _BY_NAME))


def code_of(county: str | None) -> str | None:
    """The code of a county by name (浦江, 浦江县, 杭州西湖, 浙江省金华市浦江县); None where it is not one of these."""
    return _BY_NAME.get((county or "").replace(" ", ""))


def county_in(name: str) -> str | None:
    """The county that a school's name begins with (义乌市后宅小学 → 义乌市); None: with none of these."""
    for end in range(min(_LONGEST, len(name) - 2), 1, -1):
        if name[:end] in _BY_NAME:
            return COUNTIES[_BY_NAME[name[:end]]][1]
    return None


def name_of(code: str) -> str | None:
    """The county's full name; None where it is not one of these."""
    known = COUNTIES.get(code)
    return None if known is None else known[1]
