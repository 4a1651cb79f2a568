"""Refusals: a stable code, a Chinese and an English sentence that say what is wrong and what to do."""

from collections.abc import Mapping
from types import MappingProxyType

SENTENCES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "publication_unknown": ("没有这项发布申请。", "There is no such request to publish."),
        "publication_decided": (
            "这项发布申请已经处理过，请刷新页面。",
            "This request to publish has been decided already: reload the page.",
        ),
        "publication_consent_missing": (
            "还有班级未登记同意发布，含学生画面的录像不能发布；可改为申请发布不含学生的版本。",
            "Not every class has consented to publication: note the consents first, or publish without the pupils.",
        ),
        "recording_held": (
            "录像已设法律保留，不能删除；请先由教育局解除。",
            "The recording is under legal hold: the bureau has to lift it before anything is erased.",
        ),
        "recording_erased": ("录像已按规定删除。", "The recording has been erased by rule."),
        "recording_sealed": (
            "有班级撤回了录制同意，录像已封存，处理决定前不能观看和导出。",
            "A class has withdrawn its consent: the recording can be neither watched nor exported until it is decided.",
        ),
        "recording_not_sealed": (
            "这份录像没有被封存，无需处理。",
            "Nothing about this recording waits for a decision.",
        ),
        "extension_asked": (
            "已申请过延期，请等待处理；被拒绝后不能再次申请。",
            "A longer term has been asked for already: wait for the answer; after a refusal it cannot be asked again.",
        ),
        "extension_decided": ("没有待处理的延期申请，请刷新页面。", "No request to keep this longer is waiting."),
        "bad_until": ("延期日期须在今天之后、一年之内。", "Keep it until a day after today and within a year."),
    }
)


class KeepingError(Exception):
    """A refused step; everything is as it was. `title` is a Chinese, `detail` an English sentence."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.title, self.detail = SENTENCES[code]
        super().__init__(f"{code}: {self.detail}")
