import { createHash } from 'node:crypto'
import { connectionWords, type ObjectFact, type Permission } from '../../model/cluster-object.ts'
import { textOf } from '../../model/text-of.ts'
import { emptyMap } from '../../model/value.ts'
import { AnswerError, type AnswerReader } from '../answers/answer-reader.ts'
import { commandLine } from '../quote.ts'
import type { ProbeKind, ProbeOf } from './probe-kind.ts'

type ObjectProbe = ProbeOf<'object'>

/** etcd takes so many operations in one transaction by default, and some more. */
const keysPerQuestion = 100

/** What etcd has of keys, roles and users: all keys of a member by one call. */
export const objects: ProbeKind<ObjectProbe, ObjectFact | null> = {
  probe: 'object',
  subject: ({ name }) => name,
  ask: (probes) =>
    questionsOf(probes).map(({ type, connection, asked }) =>
      type === 'key'
        ? `inspect_keys ${commandLine([...connectionWords(connection), readsOf(asked)])}`
        : `inspect_named ${commandLine([...connectionWords(connection), type, ...asked.map(({ key }) => key)])}`,
    ),
  read(reader, probes) {
    const facts = emptyMap<ObjectFact | null>()
    for (const { type, asked } of questionsOf(probes)) {
      if (type !== 'key') {
        for (const { name } of asked) facts[name] = readNamed(reader, type)
        continue
      }
      const found = readAnswer(reader)
      const responses = found === null ? [] : listOf(found, 'responses')
      if (found !== null && responses.length !== asked.length)
        throw new AnswerError('not every key was answered')
      for (const [index, { name }] of asked.entries())
        facts[name] = found === null ? null : keyFact(responses[index])
    }
    return facts
  },
  timeoutMs: 2_000,
  outputBytes: 264 * 1024,
}

interface Question extends Pick<ObjectProbe, 'type' | 'connection'> {
  readonly asked: readonly ObjectProbe[]
}

function questionsOf(probes: readonly ObjectProbe[]): readonly Question[] {
  const questions = new Map<string, Question & { readonly asked: ObjectProbe[] }>()
  const counts = new Map<string, number>()
  for (const probe of probes) {
    const { type, connection } = probe
    const of = JSON.stringify([type, connection])
    const count = counts.get(of) ?? 0
    counts.set(of, count + 1)
    const key = `${of} ${Math.floor(count / keysPerQuestion)}`
    const question = questions.get(key)
    if (question === undefined) questions.set(key, { type, connection, asked: [probe] })
    else question.asked.push(probe)
  }
  return [...questions.values()]
}

/** A transaction without conditions, as etcdctl reads it: words are quoted as in Go. */
function readsOf(probes: readonly ObjectProbe[]): string {
  return ['', ...probes.map(({ key }) => `get -- ${JSON.stringify(key)}`), '', ''].join('\n')
}

/** The JSON of an answer; `null` if there is none. */
function readAnswer(reader: AnswerReader): object | null {
  if (reader.expect('object') !== 'yes') return null
  const lines = reader.linesUntil('.').map((line) => line.slice(1))
  try {
    const found: unknown = JSON.parse(lines.join('\n'))
    if (typeof found === 'object' && found !== null) return found
  } catch {
    // Below.
  }
  throw new AnswerError('etcdctl printed something else than JSON')
}

function readNamed(reader: AnswerReader, type: 'role' | 'user'): ObjectFact | null {
  if (reader.next('object absent')) {
    reader.line()
    return { type: 'absent' }
  }
  const found = readAnswer(reader)
  if (found === null) return null
  if (type === 'user') return { type, roles: listOf(found, 'roles').map(nameOf) }
  const permissions = listOf(found, 'perm').map(permissionOf)
  const readable = permissions.filter((one) => one !== undefined)
  return { type, permissions: readable, ...(readable.length < permissions.length && { unreadable: true }) }
}

/** etcd 3.4 names the member of the response otherwise than later releases. */
function keyFact(response: unknown): ObjectFact {
  const own = Object(Object(response).Response)
  const [found] = listOf(Object(own.response_range ?? own.ResponseRange), 'kvs')
  if (found === undefined) return { type: 'absent' }
  const { value = '', mod_revision: revision } = Object(found)
  if (!Number.isSafeInteger(revision)) throw new AnswerError('a key has no revision')
  const bytes = Buffer.from(String(value), 'base64')
  return {
    type: 'key',
    sha256: createHash('sha256').update(bytes).digest('hex'),
    sizeBytes: bytes.length,
    revision,
    content: textOf(bytes),
  }
}

/** A name may become a word of a program. */
function nameOf(name: unknown): string {
  if (typeof name !== 'string' || name.includes('\0')) throw new AnswerError('a name is not text')
  return name
}

const accesses = ['read', 'write', 'readwrite'] as const

/** Undefined if its keys are not text. */
function permissionOf(found: unknown): Permission | undefined {
  const { permType = 0, key: from = '', range_end: end = '' } = Object(found)
  const access = accesses[Number(permType)]
  const [begin, until] = [Buffer.from(String(from), 'base64'), Buffer.from(String(end), 'base64')]
  // All keys, as etcd has it.
  const isAll = begin.equals(zero) && until.equals(zero)
  const key = isAll ? '' : textOf(begin)
  if (access === undefined || key === null) return undefined
  if (isAll) return { access, key, prefix: true }
  if (until.length === 0) return { access, key }
  if (until.equals(zero)) return { access, key, open: true }
  if (until.equals(endOfPrefix(begin))) return { access, key, prefix: true }
  const to = textOf(until)
  return to === null ? undefined : { access, key, to }
}

const zero = Buffer.from([0])

/** The first key after all that begin so. */
function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  for (let index = end.length - 1; index >= 0; index -= 1) {
    const byte = end[index] ?? 0
    if (byte === 255) continue
    end[index] = byte + 1
    return end.subarray(0, index + 1)
  }
  return zero
}

function listOf(found: object, name: string): readonly unknown[] {
  const list: unknown = Reflect.get(found, name)
  return Array.isArray(list) ? list : []
}
