import { Type } from 'typebox'
import { familyOf, type OsFamily } from '../../model/os-family.ts'
import type { Platform } from '../../model/platform.ts'
import { FilledText } from '../../model/schema.ts'
import { shellWord } from '../../model/shell-word.ts'
import { command } from '../command.ts'
import { defineComposite } from '../define/define-composite.ts'
import { invalid, type Self } from '../define/define-resource.ts'
import { absent, HttpUrl, yesOrNo } from '../define/schema-types.ts'
import { file } from '../file.ts'
import { FileStem } from './names.ts'
import { armoredKey } from './signing-key.ts'

const Word = Type.String({ pattern: '^[^\\s\\u0000-\\u001f]+$', description: 'one word' })

const words = (description: string) => Type.Optional(Type.Array(Word, { minItems: 1, description }))

const PackageRepositorySchema = Type.Object({
  name: FileStem,
  absent,
  url: HttpUrl('the repository'),
  key: {
    ...FilledText,
    description:
      'text; the public key that signs it: of OpenPGP, as it is published, or what base64 prints of it; of Alpine, in PEM',
  },
  suites: words('a list of words; for apt, such as [bookworm], or ["./"] if the repository is flat'),
  components: words('a list of words; for apt, such as [main], unless the repository is flat'),
  architectures: words('a list of words; for apt, such as [amd64], if it does not have all of the host'),
  priority: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: 1000,
      description:
        'a whole number from 1 to 1000, as the package manager counts: for apt the pin of all at the same server, 500 if there is none, of which the highest wins; for dnf and zypper 99 if there is none, and the lowest wins',
    }),
  ),
  signedLists: yesOrNo(
    'for dnf and zypper, true accepts only package lists that the key has signed (repo_gpgcheck); apt and apk never accept others',
  ),
  keyName: Type.Optional(
    Type.String({
      pattern: '^[A-Za-z0-9@][A-Za-z0-9@._-]*$',
      maxLength: 200,
      description: 'for apk, the name of the key, such as ann-5e69ca50.rsa.pub, which is in its signatures',
    }),
  ),
})

/** A source of packages with the key that signs it, for the package manager of the host. */
export const { resource: packageRepository, kind: packageRepositoryKind } = defineComposite({
  kind: 'packageRepository',
  schema: PackageRepositorySchema,
  defaults: {},
  key: 'name',
  absent: (name, { platform }, self) => {
    const { source, key, pin } = placesOf(platform, self, name, undefined)
    return [source, ...(key === undefined ? [] : [key]), ...(pin === undefined ? [] : [pin])].map((path) =>
      file({ path, absent: true }),
    )
  },
  parts(desired, { platform }, self) {
    const { name, priority } = desired
    const { manager, source, key, pin } = placesOf(platform, self, name, desired.keyName)
    if (key === undefined) invalid(self, 'it has no keyName', 'set keyName: its signatures name their key')
    refuseUseless(desired, manager, self)
    if (!URL.canParse(desired.url)) invalid(self, 'url is not a URL', 'such as https://example.com/debian')
    const text = manager === 'apk' ? pemKey(desired.key, self) : armoredKey(desired.key, self)
    const known = command({ name: `trust the key of ${name}`, command: `rpm --import ${key}`, live: true })
    // zypper takes no key from a repository without asking.
    const isImported = manager === 'zypper'
    const notifies = [{ resource: known, action: 'run', timing: 'immediate' } as const]
    return [
      directoryOf(key, name),
      file({ path: key, content: text, ...(isImported && { notifies }) }),
      ...(isImported ? [known] : []),
      ...(pin === undefined || priority === undefined
        ? []
        : [file({ path: pin, content: pinning(desired.url, priority) })]),
      ...(manager === 'apk' ? [directoryOf(source, name)] : []),
      file({ path: source, content: sourceText[manager](desired, key, self) }),
    ]
  },
})

type Manager = 'apt' | 'dnf' | 'zypper' | 'apk'

interface Desired {
  readonly name: string
  readonly url: string
  readonly suites?: readonly string[]
  readonly components?: readonly string[]
  readonly architectures?: readonly string[]
  readonly priority?: number
  readonly signedLists?: boolean
  readonly keyName?: string
}

const managers: Readonly<Partial<Record<OsFamily, Manager>>> = {
  debian: 'apt',
  rhel: 'dnf',
  suse: 'zypper',
  alpine: 'apk',
}

function placesOf(platform: Platform, self: Self, name: string, keyName: string | undefined) {
  const family = familyOf(platform)
  const manager = family === undefined ? undefined : managers[family]
  if (manager === undefined) {
    const [known, hint] =
      platform.os === undefined
        ? ['platform.os is not declared', 'declare platform.os, such as debian']
        : [
            `it is not known for ${platform.os}`,
            'declare its files; where there are no packages, an archive, a download or a container',
          ]
    invalid(self, `where repositories of packages are declared differs between systems, and ${known}`, hint)
  }
  const rpmKey = `/etc/pki/rpm-gpg/${name}.asc`
  const places: Readonly<Record<Manager, { source: string; key: string | undefined; pin?: string }>> = {
    apt: {
      source: `/etc/apt/sources.list.d/${name}.sources`,
      key: `/etc/apt/keyrings/${name}.asc`,
      pin: `/etc/apt/preferences.d/${name}`,
    },
    dnf: { source: `/etc/yum.repos.d/${name}.repo`, key: rpmKey },
    zypper: { source: `/etc/zypp/repos.d/${name}.repo`, key: rpmKey },
    apk: {
      source: `/etc/apk/repositories.d/${name}.list`,
      key: keyName === undefined ? undefined : `/etc/apk/keys/${keyName}`,
    },
  }
  return { manager, ...places[manager] }
}

const uses: Readonly<Record<Manager, readonly (keyof Desired)[]>> = {
  apt: ['suites', 'components', 'architectures', 'priority'],
  dnf: ['priority', 'signedLists'],
  zypper: ['priority', 'signedLists'],
  apk: ['keyName'],
}

function refuseUseless(desired: Desired, manager: Manager, self: Self): void {
  const ofOthers = new Set(Object.values(uses).flat())
  const useless = [...ofOthers].find((name) => desired[name] !== undefined && !uses[manager].includes(name))
  if (useless !== undefined)
    invalid(self, `${useless} means nothing to ${manager}, which this host has`, `remove ${useless}`)
}

/** Older systems lack it. It belongs to nobody: several repositories share it. */
function directoryOf(path: string, name: string) {
  const directory = path.slice(0, path.lastIndexOf('/'))
  return command({
    name: `make ${directory} for ${name}`,
    command: `mkdir -p -m 0755 "\${CONVERGE_ROOT-}"${shellWord(directory)}`,
    creates: directory,
  })
}

const sourceText: Readonly<Record<Manager, (desired: Desired, key: string, self: Self) => string>> = {
  apt({ url, suites, components, architectures }, key, self) {
    if (suites === undefined)
      invalid(self, 'it has no suites', 'set suites, such as [bookworm], or ["./"] if the repository is flat')
    const flat = suites.filter((suite) => suite.endsWith('/'))
    if (flat.length > 0 && components !== undefined)
      invalid(self, `the suite ${flat[0]} is flat and has no components`, 'remove components')
    if (flat.length < suites.length && components === undefined)
      invalid(self, 'it has no components', 'set components, such as [main]')
    const fields = {
      Types: 'deb',
      URIs: url,
      Suites: suites.join(' '),
      Components: components?.join(' '),
      Architectures: architectures?.join(' '),
      'Signed-By': key,
    }
    return Object.entries(fields)
      .flatMap(([field, value]) => (value === undefined ? [] : [`${field}: ${value}\n`]))
      .join('')
  },
  dnf: (desired, key) => repoFile(desired, key, {}),
  zypper: (desired, key) => repoFile(desired, key, { autorefresh: '1', type: 'rpm-md', pkg_gpgcheck: '1' }),
  apk: ({ url }) => `${url}\n`,
}

/** dnf.conf(5); zypper reads the same, and fields of its own. */
function repoFile(
  { name, url, priority, signedLists }: Desired,
  key: string,
  more: Readonly<Record<string, string>>,
): string {
  const fields = {
    name,
    baseurl: url,
    enabled: '1',
    ...more,
    gpgcheck: '1',
    repo_gpgcheck: signedLists === true ? '1' : '0',
    gpgkey: `file://${key}`,
    ...(priority !== undefined && { priority: String(priority) }),
  }
  return `[${name}]\n${Object.entries(fields)
    .map(([field, value]) => `${field}=${value}\n`)
    .join('')}`
}

/** apt_preferences(5) */
function pinning(url: string, priority: number): string {
  return `Package: *\nPin: origin "${new URL(url).hostname}"\nPin-Priority: ${priority}\n`
}

function pemKey(key: string, self: Self): string {
  const [found] = key.match(/-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/) ?? []
  if (found === undefined || found !== key.trim())
    invalid(self, 'key is not a public key in PEM', 'give it from BEGIN to END PUBLIC KEY')
  return `${found}\n`
}
