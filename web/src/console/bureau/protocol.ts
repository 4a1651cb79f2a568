// Words that stand in the server's JSON.

/** Levels of a pair, in the order of the county's list of pairs. */
export const LEVELS = ["县内", "市域内", "省域内", "省域外"] as const;

/** Between what is odd and about whom. */
export const COLON = "：";
