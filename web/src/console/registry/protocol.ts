// Words of the programme that are values in the server's JSON, never translated.

export const PAIR_STATUSES = ["active", "待定", "ended"] as const;
export const PASSED = "达标";
export const FAILED = "未达标";
/** Kinds of 教师网络研修. */
export const TRAINING_KINDS = ["集体备课", "教学诊断", "主题研修"] as const;
/** Who somebody is at a school. */
export const PERSON_KINDS = ["教师", "校长", "联系人", "技术人员"] as const;
