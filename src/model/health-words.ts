const longestShown = 80

/** What is waited for: a short health check itself; a long one is in the JSON of the plan. */
export function healthWords(command: string, unit?: string): string {
  return unit === undefined || command.length <= longestShown
    ? `\`${command}\` succeeds`
    : `${unit} is healthy`
}
