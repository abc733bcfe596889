import type {
  Facts,
  GroupFact,
  HostState,
  PackageFact,
  PathFact,
  PlatformFact,
  UnitFact,
  UserFact,
} from '../../model/facts.ts'
import type { ManifestEntry, Member } from '../../model/manifest.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError, AnswerReader } from '../answers/answer-reader.ts'
import { pendingInJournal } from '../answers/journal.ts'
import { parseManifest, parseMembers } from '../answers/parse-manifest.ts'
import { pathsPerBatch, type Questions } from '../programs/inspect-program.ts'
import { parseTreeAccounts, withTreeOwners } from './tree-accounts.ts'

/** Reads what the inspect program printed. An unreadable answer is an AnswerError, never a guess. */
export function parseInspect(output: Uint8Array, questions: Questions): Facts {
  const reader = new AnswerReader(output)
  if (reader.expect('converge') !== '1') throw new AnswerError('another version of the host program answered')
  const platform = parsePlatform(reader)
  const accounts = platform.rooted ? parseTreeAccounts(reader) : undefined
  const found = parsePaths(reader, [...questions.paths.keys()])
  const paths = accounts === undefined ? found : withTreeOwners(found, accounts)
  const units = questions.units.length > 0 ? parseUnits(reader, questions.units) : {}
  const { users, groups } =
    questions.users.length + questions.groups.length > 0
      ? parseAccounts(reader, questions)
      : { users: {}, groups: {} }
  const packages = questions.packages.length > 0 ? parsePackages(reader, questions.packages) : {}
  const checks = questions.checks.length > 0 ? parseChecks(reader, questions.checks) : {}
  const journal = reader.next('J') ? parseJournal(reader) : ''
  const state = parseState(reader, questions)
  const applying = reader.next('applying') ? reader.expect('applying') : undefined
  reader.expect('end')
  return {
    platform,
    paths,
    units,
    users,
    groups,
    packages,
    checks,
    pending: pendingInJournal(journal),
    journal,
    ...(state === undefined ? {} : { state }),
    ...(applying === undefined ? {} : { applying }),
  }
}

const debianArch: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  arm64: 'arm64',
  armv7l: 'armhf',
  i686: 'i386',
  ppc64le: 'ppc64el',
}

function parsePlatform(reader: AnswerReader): PlatformFact {
  const [init, uid, rooted] = reader.expect('platform').split(' ')
  if (init !== 'systemd' && init !== 'offline' && init !== 'none')
    throw new AnswerError(`unknown init ${init}`)
  const os = reader.expect('os')
  const release = reader.expect('release')
  const machine = reader.expect('machine')
  return {
    os,
    release,
    arch: debianArch[machine] ?? machine,
    init,
    uid: integer(uid),
    rooted: rooted === 'rooted',
  }
}

function parsePaths(reader: AnswerReader, paths: readonly string[]): Readonly<Record<string, PathFact>> {
  const facts = emptyMap<PathFact>()
  for (let start = 0; start < paths.length; start += pathsPerBatch) {
    const batch = paths.slice(start, start + pathsPerBatch)
    const found = parsePathBatch(reader, batch.length)
    for (const [index, path] of batch.entries()) facts[path] = found[index] ?? { type: 'absent' }
  }
  return facts
}

const changedMeanwhile = 'files came or went while the host was inspected; run it again'

function parsePathBatch(reader: AnswerReader, count: number): PathFact[] {
  const kinds = reader.expect('K').split(' ')
  if (kinds.length !== count) throw new AnswerError(`asked for ${count} paths, got ${kinds.length}`)
  const existing = kinds.filter((kind) => kind !== '-')
  if (existing.length === 0) return kinds.map(() => ({ type: 'absent' }))
  reader.expect('S')
  const stats = existing.map(() => parseStat(reader.line()))
  const targets = existing
    .filter((kind) => kind === 'l')
    .map(() => decodeTarget(reader.block(integer(reader.expect('L')))))
  const sums = parseSums(reader, existing.filter((kind) => kind === 'f').length)
  return kinds.map((kind): PathFact => {
    if (kind === '-') return { type: 'absent' }
    const stat = stats.shift()
    if (stat === undefined) throw new AnswerError(changedMeanwhile)
    const { sizeBytes, ...owned } = stat
    switch (kind) {
      case 'l': {
        const target = targets.shift()
        return target === undefined ? { type: 'other', ...owned } : { type: 'link', target, ...owned }
      }
      case 'd':
        return { type: 'directory', ...owned }
      case 'f': {
        const { sum, content } = sums.shift() ?? {}
        if (sum === undefined) throw new AnswerError(changedMeanwhile)
        return {
          type: 'file',
          sizeBytes,
          sha256: sum,
          ...(content === undefined ? {} : { content }),
          ...owned,
        }
      }
      default:
        return { type: 'other', ...owned }
    }
  })
}

function parseStat(line: string) {
  const match = /^([0-7]+) (\d+) (\d+) (\S+) (\S+) (\d+)$/.exec(line)
  if (match === null) throw new AnswerError(changedMeanwhile)
  const [, mode = '', uid, gid, owner = '', group = '', size] = match
  return {
    mode: mode.padStart(4, '0'),
    uid: integer(uid),
    gid: integer(gid),
    owner,
    group,
    sizeBytes: integer(size),
  }
}

function parseSums(reader: AnswerReader, count: number): { sum: string; content?: string }[] {
  if (count === 0) return []
  reader.expect('H')
  const sums = Array.from({ length: count }, (): { sum: string; content?: string } => {
    const sum = /^\\?([0-9a-f]{64})\b/.exec(reader.line())?.[1]
    if (sum === undefined) throw new AnswerError(changedMeanwhile)
    return { sum }
  })
  while (reader.next('C')) {
    const [index, size] = reader.expect('C').split(' ')
    const sum = sums[integer(index)]
    if (sum === undefined) throw new AnswerError('content of a file that was not asked for')
    sum.content = reader.block(integer(size)).toString('base64')
  }
  return sums
}

function parseUnits(reader: AnswerReader, names: readonly string[]): Readonly<Record<string, UnitFact>> {
  reader.expect('U')
  const blocks = reader
    .linesUntil('U end')
    .join('\n')
    .split(/\n{2,}/)
    .filter((block) => block.trim() !== '')
  if (blocks.length !== names.length)
    throw new AnswerError(`asked for ${names.length} units, got ${blocks.length}`)
  const facts = emptyMap<UnitFact>()
  for (const [index, name] of names.entries()) {
    const properties = new Map(
      (blocks[index] ?? '').split('\n').map((line): [string, string] => {
        const at = line.indexOf('=')
        return [line.slice(0, at), line.slice(at + 1)]
      }),
    )
    const property = (key: string): string => {
      const value = properties.get(key)
      if (value === undefined) throw new AnswerError(`systemctl did not tell ${key} of ${name}`)
      return value
    }
    facts[name] = {
      load: property('LoadState'),
      active: property('ActiveState'),
      file: property('UnitFileState'),
      needsReload: property('NeedDaemonReload') === 'yes',
      ...(properties.get('SubState') === 'auto-restart' ? { isCrashing: true } : {}),
    }
  }
  return facts
}

function parseAccounts(reader: AnswerReader, { users, groups }: Questions): Pick<Facts, 'users' | 'groups'> {
  reader.expect('A')
  const passwd = reader.linesUntil('G').map((line) => line.split(':'))
  const allGroups = reader.linesUntil('A end').map((line) => line.split(':'))
  const userFacts = emptyMap<UserFact | null>()
  for (const user of users) {
    const entry = passwd.find(([name]) => name === user)
    if (entry === undefined) {
      userFacts[user] = null
      continue
    }
    const [, , uid, gid, comment = '', home = '', shell = ''] = entry
    userFacts[user] = {
      uid: integer(uid),
      gid: integer(gid),
      comment,
      home,
      shell,
      group: allGroups.find(([, , id]) => id === gid)?.[0] ?? gid ?? '',
      groups: allGroups
        .filter(([, , , members = '']) => members.split(',').includes(user))
        .map(([name = '']) => name)
        .sort(),
    }
  }
  const groupFacts = emptyMap<GroupFact | null>()
  for (const group of groups) {
    const entry = allGroups.find(([name]) => name === group)
    groupFacts[group] = entry === undefined ? null : { gid: integer(entry[2]) }
  }
  return { users: userFacts, groups: groupFacts }
}

function parsePackages(
  reader: AnswerReader,
  names: readonly string[],
): Readonly<Record<string, PackageFact | null>> {
  if (reader.expect('P') === 'none') {
    throw new AnswerError(
      'packages are declared, but the host has no dpkg: only Debian and its derivatives are supported',
    )
  }
  const facts = emptyMap<PackageFact | null>()
  for (const name of names) facts[name] = null
  for (const line of reader.linesUntil('P end')) {
    const [name = '', arch = '', status, version = ''] = line.split(' ')
    if (status !== 'installed') continue
    for (const asked of [name, `${name}:${arch}`]) if (asked in facts) facts[asked] = { version }
  }
  return facts
}

function parseChecks(reader: AnswerReader, commands: readonly string[]): Readonly<Record<string, boolean>> {
  const answers = reader.expect('X').split(' ')
  if (answers.length !== commands.length) throw new AnswerError('not every check was answered')
  const facts = emptyMap<boolean>()
  for (const [index, command] of commands.entries()) facts[command] = answers[index] === '0'
  return facts
}

function parseJournal(reader: AnswerReader): string {
  reader.expect('J')
  // As the host's $(cat ...) takes it: a torn last line may end in a blank, and that one counts.
  return reader.linesUntil('J end').join('\n').replace(/\n+$/, '')
}

function parseState(reader: AnswerReader, questions: Questions): HostState | undefined {
  const lines = reader.next('M') ? linesAfter(reader, 'M') : undefined
  const others: { cluster: string; manifest: readonly ManifestEntry[] }[] = []
  while (reader.next('O')) {
    const cluster = reader.expect('O')
    others.push({ cluster, manifest: parseManifest(reader.linesUntil('O end')) })
  }
  const generation = reader.next('generation') ? integer(reader.expect('generation')) : undefined
  const members = parseRemembered(reader, questions)
  const held = reader.next('held') ? reader.expect('held') : undefined
  if (lines === undefined && others.length === 0 && generation === undefined) return undefined
  return {
    manifest: lines === undefined ? [] : parseManifest(lines),
    manifestLines: lines?.length ?? 0,
    // A whole line ends with a newline, behind which the answer goes on with an empty one.
    ...(lines === undefined || lines.at(-1) === '' ? {} : { manifestTorn: true }),
    others,
    generation: generation ?? 0,
    members,
    ...(held === undefined ? {} : { held }),
  }
}

function parseRemembered(reader: AnswerReader, { members: known }: Questions): readonly Member[] {
  if (reader.next('members')) return parseMembers(linesAfter(reader, 'members'))
  if (!reader.next('known-members')) return []
  reader.expect('known-members')
  if (known === undefined) throw new AnswerError('the members are said to be known, and are not')
  return known.members
}

function linesAfter(reader: AnswerReader, word: string): string[] {
  reader.expect(word)
  return reader.linesUntil(`${word} end`)
}

function integer(text: string | undefined): number {
  if (text === undefined || !/^\d+$/.test(text)) throw new AnswerError(`wanted a number, got "${text}"`)
  return Number(text)
}

/** Undefined for a target that is not UTF-8: text cannot say what it is, so that no plan may build on it. */
function decodeTarget(bytes: Buffer): string | undefined {
  if (bytes.includes(0)) throw new AnswerError('the target of a link holds a NUL')
  const target = bytes.toString('utf8')
  return Buffer.from(target).equals(bytes) ? target : undefined
}
