import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { FirstBoot } from '../../boot/first-boot.ts'
import type { BootFormatName } from '../../boot/format-names.ts'
import { bootFormats } from '../../boot/formats.ts'
import { type Provider, userDataLimits } from '../../boot/providers.ts'
import { onlyHost } from '../../load/hosts/select-hosts.ts'
import type { Content } from '../../model/operation.ts'
import type { HostCatalog } from '../../model/resource.ts'
import { planPortable } from '../../plan/host/plan-portable.ts'
import { membersOf } from '../../plan/rollout/members.ts'
import type { HostLibrary } from '../../shell/library.ts'
import { fetchProgram, firstBootProgram } from '../../shell/programs/first-boot-program.ts'
import { portableProgram } from '../../shell/programs/portable-program.ts'
import { usageError } from '../cli/usage-error.ts'
import { hostLibrary } from '../hosts/host-library.ts'
import type { LoadedSpec } from '../spec/load-spec.ts'

interface Options {
  readonly reveal?: boolean
  readonly portable?: boolean
  readonly boot?: BootFormatName
  readonly provider?: Provider
  readonly bootUrl?: string
}

interface HostFile {
  readonly name: string
  readonly data: string | Uint8Array
  readonly mode: number
}

/** A byte takes four characters, and a text of V8 has less than 512 Mi. */
const largestInProgram = 32 * 1024 * 1024

/** The programs that converge hosts without a controller, for first boots, images, hosts without a network; and what brings them there. */
export function hostFiles(
  spec: LoadedSpec,
  catalogs: readonly HostCatalog[],
  options: Options,
): readonly HostFile[] {
  const { boot, portable } = options
  if (boot === undefined) {
    const [needless] = (['provider', 'bootUrl'] as const).filter((name) => options[name] !== undefined)
    if (needless !== undefined)
      throw usageError(`--${needless === 'provider' ? needless : 'boot-url'} needs --boot`)
    if (portable !== true) return []
  }
  const { cluster } = spec
  const library = hostLibrary()
  const members = membersOf(cluster)
  return catalogs.flatMap((own): readonly HostFile[] => {
    const { host } = own
    refuseSensitive(own, options)
    const { platform } = onlyHost(cluster.hosts, host)
    const place = { stateDir: platform.stateDir, cluster: cluster.name }
    const text = portableProgram(planPortable(own, members), place, library, readLargeOf(spec, host))
    const program = portable === true ? [{ name: `${host}.sh`, data: text, mode: 0o700 }] : []
    if (boot === undefined) return program
    if (platform.init === 'none') throw usageError(`${host} has no systemd, which a first boot needs`)
    const first = { host, stateDir: platform.stateDir, program: firstBootProgram(text, place, library) }
    return [...program, ...bootFiles(first, boot, options, library)]
  })
}

/** Reads what the program of a host contains and is not held in memory. */
export function readLargeOf({ catalog }: LoadedSpec, host: string): (content: Content) => Uint8Array {
  return ({ sha256, sizeBytes }) => {
    const file = catalog.files?.get(sha256) ?? ''
    if (sizeBytes <= largestInProgram) return readFileSync(file)
    const message = `the program for ${host} would contain ${file}, which has ${sizeBytes} bytes`
    throw usageError(message, 'a program may contain files of 32 MiB; let an archive bring what is larger')
  }
}

function bootFiles(
  first: FirstBoot,
  format: BootFormatName,
  { bootUrl, provider }: Options,
  library: HostLibrary,
): readonly HostFile[] {
  const { ending, document } = bootFormats[format]
  const file = (boot: FirstBoot): HostFile => {
    const data = document(boot)
    refuseTooLarge(data, first.host, provider)
    return { name: `${first.host}.${ending}`, data, mode: ending.endsWith('.sh') ? 0o700 : 0o600 }
  }
  if (bootUrl === undefined) return [file(first)]
  const data = gzipSync(first.program, { level: 9 })
  const sha256 = createHash('sha256').update(data).digest('hex')
  // Documents that are in use already still find theirs.
  const name = `${first.host}-${sha256.slice(0, 16)}.gz`
  const url = `${folderUrl(bootUrl)}/${encodeURIComponent(name)}`
  return [file({ ...first, program: fetchProgram(url, sha256, library) }), { name, data, mode: 0o600 }]
}

function refuseSensitive({ host, entries }: HostCatalog, { reveal, bootUrl }: Options): void {
  if (!entries.some(({ resource }) => resource.isSensitive)) return
  if (reveal !== true) {
    const message = `the program for ${host} would contain sensitive content`
    throw usageError(message, 'pass --reveal to allow that')
  }
  if (bootUrl !== undefined && /^http:/i.test(bootUrl)) {
    const message = `the program for ${host} has sensitive content, and http shows it to everyone on the way`
    throw usageError(message, 'serve it by https, to these hosts only')
  }
}

function folderUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.search + url.hash !== '') {
    throw usageError(`${text} is not the URL of a folder`, 'such as https://boot.example.com/web')
  }
  return url.href.replace(/\/+$/, '')
}

function refuseTooLarge(document: string, host: string, provider: Provider | undefined): void {
  const limit = provider === undefined ? Number.POSITIVE_INFINITY : userDataLimits[provider]
  const size = Buffer.byteLength(document)
  if (size <= limit) return
  throw usageError(
    `the document for ${host} has ${size} bytes, and ${provider} takes ${limit}`,
    'pass --boot-url URL: a small document then fetches the rest from there',
  )
}
