"""Refusals of the registry (名册): a stable code, a Chinese and an English sentence."""

from collections.abc import Mapping
from types import MappingProxyType

# `{}` is where what was named in the refusal goes: a label, a name, a day.
SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "field_unknown": ("没有“{}”这个字段。", "There is no field {}."),
        "bad_value": ("“{}”填写的内容不对，请按说明填写。", "The value of {} is not one it can have."),
        "bad_day": ("日期 {} 不合理，请核对年份（2000–2099）。", "The date {} lies outside 2000 to 2099."),
        "bad_order": ("“{}”的结束日期早于开始日期，请核对。", "In {} the last day comes before the first."),
        "too_early": (
            "“{}”的生效日期早于其本身的日期，请把生效日期改为当天或以后。",
            "{} cannot hold before its own date.",
        ),
        "terms_overlap": ("“{}”中两个学期的日期重叠，请核对。", "Two terms of {} overlap."),
        "same_school": (
            "支援学校和受援学校不能是同一所学校：{}。",
            "A pair is two different schools, not {} alone.",
        ),
        "school_unknown": ("名册里没有这所学校：{}。", "The registry has no such school: {}."),
        "school_exists": ("名册里已有同名（或别名相同）的学校：{}。", "The registry has a school of this name: {}."),
        "pair_unknown": ("名册里没有这对结对：{}。", "The registry has no such pair: {}."),
        "pair_exists": ("这两所学校已经结对：{}。", "These two schools are a pair already: {}."),
        "class_unknown": ("名册里没有这个班级：{}。", "The registry has no such class: {}."),
        "not_consented": ("这个班级没有可撤回的同意登记：{}。", "No consent of this class is noted: {}."),
        "classroom_unknown": ("名册里没有这间教室：{}。", "The registry has no such classroom: {}."),
        "name_taken": ("这所学校已有同名的教室或班级：{}。", "The school has one of this name already: {}."),
        "recipient_missing": (
            "受援学校还没有确定，先填写受援学校才能启用这对结对。",
            "No receiving school is named yet: name it first.",
        ),
        "recipient_named": ("这对结对的受援学校已经确定：{}。", "The pair has its receiving school already: {}."),
        "file_unknown": ("没有这个文件，请重新上传：{}。", "There is no such file: {}."),
        "standard_unknown": ("没有这一版装备标准：{}。", "There is no such version of the equipment standard: {}."),
        "item_unknown": ("装备标准里没有这一项：{}。", "The equipment standard has no such item: {}."),
        "items_failed": (
            "必备项“{}”没有通过，不能核定为达标。",
            "A required item has not passed, so the verdict cannot be 达标: {}.",
        ),
        "bad_standard": ("装备标准的条目有重复或没有必备项：{}。", "Items are double, or none is required: {}."),
        "material_exists": (
            "这所学校已经上传过内容相同的资料：{}。",
            "The school has uploaded the same content before: {}.",
        ),
        "material_unknown": ("没有这份资料，或已经删除：{}。", "There is no such material: {}."),
        "not_paired": ("这所学校不在这对结对里：{}。", "The school is not one of the pair's two: {}."),
        "publicity_exists": (
            "同一媒体的同一篇报道已经登记：{}。",
            "The same story of this outlet is noted already: {}.",
        ),
        "publicity_unknown": ("没有这篇报道，或已经删除：{}。", "There is no such item: {}."),
        "day_ahead": ("日期 {} 还没有到，请核对。", "The date {} has not come yet."),
        "person_unknown": ("没有这个人员：{}。", "There is no such person: {}."),
        "bad_size": ("班级人数应在 0–2000 之间：{}。", "A class has 0 to 2000 pupils: {}."),
        "headings_missing": (
            "没有找到表头，前十行里应有这些列：{}。",
            "The headings were not found in the first ten lines: {}.",
        ),
        "heading_twice": ("表头里有重复的列，请删去一列。", "A column stands there twice."),
        "preview_changed": (
            "预览之后名册或文件有变化，请重新预览再导入。",
            "The registry or the file has changed since the preview: preview again.",
        ),
        "questions_open": (
            "还有学校名称没有确认是不是同一所学校，请先回答：{}。",
            "Say first whether these names are the same school: {}.",
        ),
        "nothing_to_import": ("没有可以导入的内容。", "There is nothing to import."),
        "stale": (
            "您打开之后，别人已经修改了这一项；请看过对方的修改再决定。",
            "Somebody else has changed this since you opened it: look at their change first.",
        ),
    }
)


class RegistryError(Exception):
    """A refused change; the registry is as it was. `title` is a Chinese, `detail` an English sentence.

    `more` is for the program that draws the refusal: of `stale`, what stands there now, who wrote it and when.
    """

    def __init__(self, code: str, named: str = "", more: Mapping[str, object] | None = None) -> None:
        self.code = code
        self.named = named
        self.more = dict(more or {})
        self.title, self.detail = (sentence.replace("{}", named) for sentence in SENTENCES[code])
        super().__init__(f"{code}: {self.detail}")
