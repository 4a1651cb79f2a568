// The bureau's desk.

export const bureau = {} as const satisfies Record<string, readonly [zh: string, en: string]>;
