/** Who began something and when, from the line `root@control since 2026-01-02T03:04:05.678Z`. */
export interface StartedBy {
  readonly who: string
  /** ISO 8601 in UTC; absent if the line has another form. */
  readonly at?: string
}

export function parseStartedBy(line: string): StartedBy {
  const [, who, at] = /^(.*) since (\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z)$/.exec(line) ?? []
  return who === undefined || at === undefined ? { who: line } : { who, at }
}

/** `2026-01-02 03:04:05 UTC` */
export function wallTime(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 19)} UTC`
}
