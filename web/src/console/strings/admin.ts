// The administrator's desk: accounts, the audit log, tokens, webhooks.

export const admin = {} as const satisfies Record<string, readonly [zh: string, en: string]>;
