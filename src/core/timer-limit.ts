/** The longest time a timer of Node takes, in milliseconds (24 days): beyond it fires at once. */
export const MAX_TIMEOUT_MS: number = 2 ** 31 - 1;
