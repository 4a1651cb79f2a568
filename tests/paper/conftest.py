"""Filled forms to draw: an ordinary month, and the worst that the rules let in."""

from collections.abc import Mapping

from classroom.ledger.cells import FLOWS, PUBLICITY, SIDES
from classroom.ledger.figures import Printed
from classroom.ledger.subjects import SUBJECTS

LONG_NAME = ("浙江省浦江县檀溪镇中心小学附属山区寄宿制教学点与兰溪市聚仁教育集团振兴小学联合办学" * 3)[:80]
LONG_TEXT = ("城乡同步课堂常态化开展，双方教师提前三天集体备课、同步设计导学单（含PPT与学具清单）；课后评课。" * 50)[
    :2000
]

SCHOOL: Mapping[str, Printed] = {
    "supporter": "实验小学",
    "recipient": "檀溪中小",
    "filler": "填报员甲",
    "month": "2019-05",
    "stage": "小学",
    "agreement_signed": "是",
    "supporter.contact": "联系人甲",
    "supporter.phone": "0579-80000001",
    "recipient.contact": "联系人乙",
    "recipient.phone": "000000",
    "supporter.equipment": "是",
    "supporter.space": "是",
    "supporter.agreement_uploaded": "否",
    "supporter.materials": "3",
    "supporter.is_small": "否",
    "recipient.equipment": "否",
    "recipient.space": "是",
    "recipient.agreement_uploaded": "是",
    "recipient.materials": "0",
    "recipient.is_small": "是",
    "sync.count": "4",
    "sync.participants": "290",
    "delivery.count": "2",
    "delivery.participants": "46",
    "master.count": "1",
    "master.participants": "24",
    "training.count": "1",
    "training.participants": "5",
    "subjects": ("语", "数", "英", "科"),
    "publicity.school": "2",
    "publicity.county": "1",
    "publicity.city": "0",
    "publicity.province": "0",
    "highlights": "每周二上午固定开课，乡村学校教师同堂助教。",
    "next_plan": "开展一次主题研修。",
    "other": "补计2019-04同步课堂 1 节 67 人次",
}
BUREAU: Mapping[str, Printed] = {
    "unit": "浦江县教育局",
    "filler": "填报员丙",
    "month": "2019-05",
    "task": "13",
    "pairs": "13",
    "signed": "12",
    "signed_rate": "92.3",
    "equipped": "9",
    "equipped_rate": "69.2",
    "space_opened": "13",
    "space_rate": "100",
    "uploaded": "11",
    "materials": "27",
    "sync.count": "7",
    "sync.participants": "452",
    "delivery.count": "3",
    "delivery.participants": "59",
    "master.count": "1",
    "master.participants": "24",
    "training.count": "3",
    "training.participants": "18",
    "subjects": ("语", "数", "英", "科", "音", "美"),
    "publicity.school": "2",
    "publicity.county": "1",
    "publicity.city": "0",
    "publicity.province": "1",
    "highlights": "全县同步课堂统一课表，每周通报一次。",
    "next_plan": "组织城乡教师网络研修。",
    "other": "",
}
_TEXTS: Mapping[str, Printed] = {"highlights": LONG_TEXT, "next_plan": LONG_TEXT, "other": LONG_TEXT}
_NUMBERS: Mapping[str, Printed] = dict.fromkeys((*FLOWS, *PUBLICITY), "98765")
WORST_SCHOOL: Mapping[str, Printed] = {
    **SCHOOL,
    **_NUMBERS,
    **_TEXTS,
    **dict.fromkeys(("supporter", "recipient", "filler"), LONG_NAME),
    **{f"{side}.{what}": LONG_NAME for side in SIDES for what in ("contact", "phone")},
    **{f"{side}.materials": "98765" for side in SIDES},
    "stage": "九年一贯制",
    "subjects": SUBJECTS,
}
WORST_BUREAU: Mapping[str, Printed] = {
    **BUREAU,
    **_NUMBERS,
    **_TEXTS,
    "unit": LONG_NAME,
    "filler": LONG_NAME,
    "task": "98765",
    "materials": "98765",
    "signed_rate": "12345.6",
    "subjects": SUBJECTS,
}
