/** The line of a failed step's output that says most about the failure: the last one that complains in its own words. */
export function meaningfulLine(
  output: string,
): { readonly line: string; readonly complains: boolean } | undefined {
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !isHeader(line))
  const complaints = lines.filter((line) => complaint.test(line))
  const own = complaints.filter((line) => !secondHand.test(line))
  const line = own.at(-1) ?? complaints.at(-1) ?? lines.at(-1)
  return line === undefined ? undefined : { line: withoutStamp(line), complains: complaints.includes(line) }
}

const complaint =
  /error|exception|fail|fatal|panic|abort|cannot|can't|could not|unable|denied|refused|not (found|permitted|allowed|supported|installed|a directory|an? )|no such|no space|is a directory|invalid|illegal|unknown|unexpected|unmet|missing|does not exist|already|in use|timed out|stopped after|there is no|^E: /i

/** What only passes on that something else failed. */
const secondHand =
  /^Job for .* failed|^See "systemctl|Failed with result|Main process exited|Control process exited|systemd\[1\]: Failed to start|Scheduled restart job|Start request repeated|Sub-process .* returned an error|^Errors were encountered|returned error exit status|Will not attempt/

/** The lines of `systemctl status` above those of the journal, and hints. */
function isHeader(line: string): boolean {
  return /^\s*(●|○|×|\*|Loaded:|Active:|Process:|Main PID:|Tasks:|Memory:|CPU:|CGroup:|Docs:|Drop-In:|Hint:|Triggers:|TriggeredBy:)/.test(
    line,
  )
}

/** Without the journal's date and host: `nginx[123]: bind() failed` becomes `nginx: bind() failed`. */
function withoutStamp(line: string): string {
  return line.trim().replace(/^[A-Z][a-z]{2} +\d+ [\d:]{8} \S+ ([^\s:[\]]+)(?:\[\d+\])?: /, '$1: ')
}
