import type { Host } from '../../model/cluster.ts'
import { CommandError, ConvergeError } from '../../model/errors.ts'
import type { Answers, Busy, Facts, PlatformFact, Probe } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { HostCatalog } from '../../model/resource.ts'
import type { Connection, ExecOptions, ExecResult } from '../../model/transport.ts'
import { placeProbes } from '../../plan/host/places.ts'
import { rebootProbes } from '../../plan/host/reboot.ts'
import { keptProbes, originalProbes } from '../../plan/undo/kept-content.ts'
import { pruneProbes, removals } from '../../plan/undo/prune.ts'
import { AnswerError } from '../../shell/answers/answer-reader.ts'
import type { HostLibrary } from '../../shell/library.ts'
import { collectQuestions, costOf, readAnswer } from '../../shell/probes/index.ts'
import type { KnownMembers } from '../../shell/probes/known-members.ts'
import { inspectProgram } from '../../shell/programs/inspect-program.ts'

export interface HostPrograms {
  /** The cluster's name. */
  readonly cluster: string
  readonly library: HostLibrary
  readonly members?: KnownMembers
}

const baseTimeoutMs = 60_000
/** More than accounts, packages and manifest of a large host take. */
const baseOutputBytes = 64 * 1024 * 1024

/** A question to a host: the program to run, and what that may take. */
export interface Question extends Pick<ExecOptions, 'program' | 'timeoutMs'> {
  readonly maxOutputBytes: number
  /** Reads what the program printed. A bad answer, a failed program or a concurrent apply becomes an error that names the host. */
  read(host: string, answer: ExecResult): Facts
}

/** Asks a host everything that its catalog needs to know, in one exec, and refuses one of another platform. */
export async function inspectHost(
  connection: Connection,
  host: Host,
  catalog: HostCatalog,
  programs: HostPrograms,
  /** What the host has answered already. */
  answer?: ExecResult,
): Promise<Facts> {
  const question = inspection(host, catalog, programs)
  const facts = question.read(connection.host, answer ?? (await connection.exec(question)))
  refuseOtherPlatform(host, facts.platform)
  return withLeftBehind(facts, connection, host, catalog, programs)
}

/** The question of everything that a host's catalog needs to know. */
export function inspection(host: Host, catalog: HostCatalog, programs: HostPrograms): Question {
  const probes = [
    ...catalog.entries.flatMap(({ resource }) => resource.probes),
    ...placeProbes(catalog),
    ...rebootProbes(catalog),
  ]
  return questionOf(probes, host.platform, programs)
}

/** Asks again for the state of what is only in the manifest, if there is anything. */
async function withLeftBehind(
  facts: Facts,
  connection: Connection,
  host: Host,
  catalog: HostCatalog,
  programs: HostPrograms,
): Promise<Facts> {
  const keptIn = keptContents(host, programs.cluster)
  const undoing = removals(catalog, facts)
  const probes = [
    ...pruneProbes(catalog, facts),
    ...keptProbes(undoing, keptIn),
    ...originalProbes(undoing, keptIn),
  ]
  if (probes.length === 0) return facts
  const more = await ask(connection, probes, host.platform, programs)
  // The catalog asks of no directory what is in it.
  const directories = Object.entries(more.paths).filter(([, { type }]) => type === 'directory')
  const answers: Answers = {
    paths: { ...more.paths, ...facts.paths, ...Object.fromEntries(directories) },
    units: { ...more.units, ...facts.units },
    users: { ...more.users, ...facts.users },
    groups: { ...more.groups, ...facts.groups },
    packages: { ...more.packages, ...facts.packages },
    accounts: { ...more.accounts, ...facts.accounts },
    tools: { ...more.tools, ...facts.tools },
    checks: { ...more.checks, ...facts.checks },
    answers: { ...more.answers, ...facts.answers },
    objects: { ...more.objects, ...facts.objects },
  }
  return { ...facts, ...answers, ...given({ state: facts.state && { ...facts.state, keptIn } }) }
}

/** Where a host keeps what applies replaced. */
export function keptContents({ platform }: Host, cluster: string): string {
  return `${platform.stateDir}/clusters/${cluster}`
}

/** Answers to probes. */
export async function ask(
  connection: Connection,
  probes: readonly Probe[],
  platform: Pick<Host['platform'], 'stateDir' | 'stagingDir'>,
  programs: HostPrograms,
): Promise<Facts> {
  const question = questionOf(probes, platform, programs)
  return question.read(connection.host, await connection.exec(question))
}

function questionOf(
  probes: readonly Probe[],
  { stateDir, stagingDir }: Pick<Host['platform'], 'stateDir' | 'stagingDir'>,
  { cluster, library, members }: HostPrograms,
): Question {
  const questions = collectQuestions(probes, members)
  const cost = costOf(questions)
  return {
    program: inspectProgram(questions, { stateDir, stagingDir, cluster }, library),
    timeoutMs: baseTimeoutMs + cost.timeoutMs,
    maxOutputBytes: baseOutputBytes + cost.outputBytes,
    read(host, { exitCode, stdout, stderr }) {
      if (exitCode !== 0) {
        throw new CommandError(`the inspect program ended with ${exitCode ?? 'a signal'}`, {
          host,
          step: 'inspect',
          exitCode,
          stderr,
          remedy: 'The host needs a POSIX shell and stat, sha256sum, readlink and head.',
        })
      }
      try {
        const answer = readAnswer(stdout, questions)
        if ('busy' in answer) throw locked(host, answer)
        return answer
      } catch (error) {
        const otherwise =
          'Run converge again. If this persists, something on the host prints into the answer or replaces standard tools.'
        throw unreadable(error, otherwise, { host, step: 'inspect', exitCode, stderr })
      }
    },
  }
}

/** An answer that cannot be read as a failure of its host; any other error as it is. */
export function unreadable(
  error: unknown,
  otherwise: string,
  fields: Pick<CommandError, 'host' | 'step' | 'exitCode' | 'stderr'>,
): unknown {
  if (!(error instanceof AnswerError)) return error
  const remedy = error.remedy ?? otherwise
  return new CommandError(error.message, { ...fields, code: 'answer-unreadable', remedy, cause: error })
}

function locked(host: string, answer: Busy): ConvergeError {
  const [message, remedy] =
    answer.busy === 'applying'
      ? [
          `another apply is running: ${answer.holder}`,
          'Run converge again after it has ended, or pass --lock-wait 2m to wait for it.',
        ]
      : ['another apply changed the host while it was inspected', 'Run converge again.']
  return new ConvergeError('locked', message, { host, step: 'inspect', remedy })
}

function refuseOtherPlatform(host: Host, found: PlatformFact): void {
  const declared = { ...host.platform, init: host.platform.init === 'systemd' ? 'systemd' : found.init }
  const wrong = (['os', 'release', 'arch', 'init'] as const).filter((key) => {
    // A root tree that is not booted may have systemd.
    const isOffline = key === 'init' && found.init === 'offline'
    return declared[key] !== undefined && declared[key] !== found[key] && !isOffline
  })
  if (wrong.length === 0) return
  const differences = wrong.map((key) => `${key} is ${found[key]}, not ${declared[key]}`).join(', ')
  const lines = wrong.map((key) => `${key}: "${found[key]}"`).join(', ')
  const message = `the host differs from its declared platform: ${differences}`
  throw new ConvergeError('platform-mismatch', message, {
    host: host.name,
    step: 'inspect',
    remedy: `If the host is correct, set this in the spec at hosts.${host.name}: platform: { ${lines} }`,
  })
}
