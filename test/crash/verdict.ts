import { type CrashHost, linesOf } from './hosts.ts'
import { owed, transient } from './scenario.ts'
import { differences, type Snapshot, takeSnapshot, unlikeBoth } from './snapshot.ts'
import { type KeptState, leftovers, readState, stateDifferences } from './state.ts'

/** An undisturbed run: every other one must end like it. */
export interface Undisturbed {
  /** The paths that are looked at. */
  readonly seen: readonly string[]
  readonly before: Snapshot
  readonly after: Snapshot
  readonly state: KeptState
}

const accountFiles = ['/etc/passwd', '/etc/group', '/etc/shadow']
const passing = new Map(
  Object.entries(transient).map(([path, content]) => [path, `file 0644 0:0 ${content}`]),
)

/** After an interruption: paths that are neither as before nor as after, account files with lines that are neither. */
export function brokenIn(host: CrashHost, { seen, before, after }: Undisturbed): readonly string[] {
  const now = takeSnapshot(host.root, seen)
  const torn = accountFiles.filter((path) => {
    const known = [before, after].flatMap((snapshot) => (snapshot.get(path) ?? '').split('\n'))
    return (now.get(path) ?? '').split('\n').some((line) => !known.includes(line))
  })
  const others = unlikeBoth(now, before, after).filter(
    (path) =>
      !accountFiles.includes(path) && !path.startsWith('/run/') && now.get(path) !== passing.get(path),
  )
  return [...torn, ...others].map((path) => `${path} is broken: ${now.get(path)?.slice(0, 200)}`)
}

/** After the next run: what is not as after an undisturbed one. */
export function unlikeUndisturbed(host: CrashHost, { seen, after, state }: Undisturbed): readonly string[] {
  return [...differences(takeSnapshot(host.root, seen), after), ...stateDifferences(readState(host), state)]
}

/** Notifications that were not carried out, or more often than they may be. */
export function miscounted(acts: readonly string[], most: number): readonly string[] {
  return owed.flatMap((act) => {
    const times = acts.filter((done) => done === act).length
    return times >= 1 && times <= most ? [] : [`${times} times ${act}`]
  })
}

/** What a run that came to its end left in the directories that are looked at, and where uploads are staged. */
export function unclean(host: CrashHost, { after }: Undisturbed): readonly string[] {
  const directories = [...after].flatMap(([path, state]) => (state.startsWith('directory ') ? [path] : []))
  const noted = ['/var/lib/converge/applying', '/var/lib/converge/temporaries']
  return [...leftovers(host.root, directories), ...noted.filter((path) => linesOf(host, path).length > 0)]
}
