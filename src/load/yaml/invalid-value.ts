/** Stands for a value whose mistake has been reported: an expression without a result, so that nothing else is said of it. */
export const INVALID_VALUE = '{{\0}}'
