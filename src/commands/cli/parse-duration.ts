const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 }

/** Seconds of `90`, `120s`, `2m` or `1h`; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const [, number, unit = 's'] = /^(\d{1,6})([smh])?$/.exec(text) ?? []
  const factor = secondsOf[unit]
  return number === undefined || factor === undefined ? undefined : Number(number) * factor
}
