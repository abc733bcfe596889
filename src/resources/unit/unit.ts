import { type Static, Type } from 'typebox'
import { InternalError, ResourceConflict } from '../../model/errors.ts'
import type { Facts, PathFact } from '../../model/facts.ts'
import { given } from '../../model/given.ts'
import type { Claim, ResourceId, Step, Trigger } from '../../model/resource.ts'
import { defineResource, invalid, type Self } from '../define/define-resource.ts'
import { pathFact, unitFact } from '../define/facts-of.ts'
import { ancestorClaims } from '../define/ownership.ts'
import { absent, NormalPath, secretText, used, yesOrNo } from '../define/schema-types.ts'
import { fileSteps, refuseOther } from '../file.ts'
import { absentUnit } from './absent-unit.ts'
import { mountChange, mountNameOf, mountPointOf, pathIn } from './mount.ts'
import { unitFiles, type WrittenUnitFile } from './unit-files.ts'
import { activeSteps, isTemplate, unitFileSteps, unlinkSteps, unmaskSteps } from './unit-state.ts'

const UnitValue = Type.Union([secretText({}), Type.Number(), Type.Boolean()])

const UnitContent = Type.Union(
  [
    secretText({}),
    Type.Record(
      Type.String(),
      Type.Record(Type.String(), Type.Union([UnitValue, Type.Array(UnitValue)]), {
        description: 'a section, which is a map of directives, as in Service: { ExecStart: /bin/true }',
      }),
    ),
  ],
  { description: 'the text of a unit file, or a map of sections to maps of directives' },
)

// The name of a section is there if that of the drop-in was forgotten.
const dropInName =
  '^(?!(Unit|Install|Service|Socket|Timer|Path|Mount|Automount|Swap|Slice|Scope)$|.*\\.conf$)[^./\\u0000][^/\\u0000]*$'

const UnitSchema = Type.Object({
  name: Type.String({
    pattern:
      '^[A-Za-z0-9:_.@\\\\-]+\\.(service|socket|timer|path|mount|automount|swap|target|slice|device|scope)$',
    description: 'the name of a unit with its type, such as "etcd.service"',
  }),
  absent,
  content: Type.Optional(UnitContent),
  dropIns: Type.Optional(
    Type.Record(Type.String({ pattern: dropInName }), UnitContent, {
      additionalProperties: false,
      description:
        'a map of drop-ins by name without .conf, such as { 10-limits: { Service: { ... } } }; names contain no slash and do not start with a dot',
    }),
  ),
  enabled: yesOrNo('whether it starts at boot'),
  started: yesOrNo('whether it runs now'),
  masked: yesOrNo('whether nothing can start it'),
  directory: Type.Optional(
    used('where its file and drop-ins go; one of those in which systemd looks for system units', NormalPath),
  ),
})

const DEFAULTS = { directory: '/etc/systemd/system' }
const OWNERSHIP = { owner: 'root', group: 'root', mode: '0644' }

type Unit = Static<typeof UnitSchema> & typeof DEFAULTS

/** A systemd unit: its file and drop-ins, and whether it is masked, enabled and started. */
export const { resource: unit, kind: unitKind } = defineResource({
  kind: 'unit',
  schema: UnitSchema,
  defaults: DEFAULTS,
  contentFromFiles: true,
  name: ({ name }) => name,
  absent: {
    allows: ['directory'],
    behave({ name, directory = DEFAULTS.directory }, self) {
      refuseDirectory(directory, self)
      return absentUnit(name, directory, systemDirectories, self.id)
    },
  },
  behave(desired, self) {
    const files = unitFiles(desired)
    refuseContradictions(desired, files, self)
    const text = files.map((file) => file.content.data).join('\n')
    const around = serviceOf(desired.name, text)
    // Of its own content this was checked already.
    const remains = desired.content !== undefined || /^\s*(RemainAfterExit|Type)\s*=/m.test(text)
    const reloads = /^\s*(ExecReload\s*=|Type\s*=\s*notify-reload\s*$)/m.test(text)
    // The file of a package may say it.
    const mayReload = desired.name.endsWith('.service')
      ? reloads || desired.content === undefined
      : desired.name.endsWith('.mount')
    const masks = desired.masked === true ? [DEFAULTS.directory] : []
    const directories = [...new Set([...masks, ...files.map((file) => file.directory)])]
    const mountsOn = mountPointOf(desired.name)
    const source = mountsOn === undefined ? undefined : pathIn(text, 'What')
    return {
      claims: [
        { kind: 'unit', key: desired.name },
        ...files.map(({ path }): Claim => ({ kind: 'path', key: path })),
      ],
      follows: () => [
        ...files.flatMap(({ path }) => ancestorClaims(path)),
        ...(isInstance(desired.name) ? [{ kind: 'unit', key: templateOf(desired.name) } as const] : []),
        ...(mountsOn === undefined ? [] : ancestorClaims(mountsOn)),
        ...(source === undefined ? [] : [{ kind: 'path', key: source } as const, ...ancestorClaims(source)]),
      ],
      probes: [
        ...directories.map((path) => ({ probe: 'path', path }) as const),
        ...files.map(({ path, content }) => ({ probe: 'path', path, sha256: content.sha256 }) as const),
        { probe: 'unit', unit: desired.name },
        ...(around === undefined ? [] : [{ probe: 'unit', unit: around } as const]),
        ...masks.map((above) => ({ probe: 'path', path: `${above}/${desired.name}` }) as const),
      ],
      actions: ['restart', ...(mayReload ? (['reload'] as const) : []), 'start', 'stop'],
      ownsUnit: desired.name,
      isSensitive: files.some(({ content }) => content.secrets !== undefined),
      mountsOn,
      steps(facts, trigger) {
        if (facts.platform.init === 'none' && hasState(desired)) throw withoutSystemd(desired, self)
        const found = unitFact(facts, desired.name)
        const isBooted = facts.platform.init === 'systemd'
        if (trigger?.action === 'reload' && found.cannotReload === true && !reloads) {
          throw withoutReload(desired, self)
        }
        if (trigger !== undefined) return isBooted ? triggeredSteps(desired, trigger, around) : []
        const unmasking = unmaskSteps(desired, self.id, found, { isOurs: maskedByConverge(facts, self.id) })
        const afterChange = desired.name.endsWith('.mount') ? mountChange : () => 'restart' as const
        // systemd applies the limits of a slice at the daemon-reload; a restart would restart all that is in it.
        const owesRestart =
          isBooted && desired.started !== false && !desired.name.endsWith('.slice') && !endsByItself(text)
        const writing = files.flatMap((file) =>
          writeSteps(file, self.id, facts, {
            isUnmasked: unmasking.length > 0,
            owes: owesRestart ? afterChange : undefined,
          }),
        )
        const linking = {
          isRewritten: writing.length > 0,
          isRelinked: installChanges(files, writing, facts) || losesInstall(facts, self.id),
          nextFiles: files.map(({ path, content }) => `${path} ${content.sha256}`).join(' '),
        }
        const stating = unitFileSteps(desired, self.id, found, linking)
        return [
          ...unmasking,
          ...unlinkSteps(desired, found, linking),
          ...(stating.length > 0 ? masks.flatMap((above) => directorySteps(above, facts)) : []),
          ...writing,
          ...stating,
          ...(isBooted ? activeSteps(desired, self.id, found, { remains, around }) : []),
        ]
      },
    }
  },
})

/** A job that runs to its end: a change is for its next run, and a restart would cut off this one. */
function endsByItself(text: string): boolean {
  return (
    /^\s*Type\s*=\s*oneshot\s*$/m.test(text) &&
    !/^\s*RemainAfterExit\s*=\s*(yes|true|on|y|t|1)\s*$/im.test(text)
  )
}

/** Where the system's manager looks for unit files (systemd.unit(5)). */
const systemDirectories = [
  '/etc/systemd/system',
  '/run/systemd/system',
  '/usr/local/lib/systemd/system',
  '/usr/lib/systemd/system',
  '/lib/systemd/system',
]

function refuseDirectory(directory: string, self: Self): void {
  if (systemDirectories.includes(directory)) return
  const hint = `use one of ${systemDirectories.join(', ')}; declare a unit of users as a file`
  invalid(self, `systemd reads no system units in ${directory}`, hint)
}

/** Refuses declarations that contradict themselves, or that every run would apply again. */
function refuseContradictions(
  { name, content, enabled, started, masked, directory }: Unit,
  files: readonly WrittenUnitFile[],
  self: Self,
): void {
  const text = files.map((file) => file.content.data).join('\n')
  refuseDirectory(directory, self)
  if (masked === true && (enabled === true || started === true)) {
    invalid(self, 'a masked unit can be neither enabled nor started', 'remove one of them')
  }
  if (masked === true && content !== undefined && directory === DEFAULTS.directory) {
    const why = `its file is where the mask belongs, in ${directory}`
    invalid(self, why, 'remove content, or set another directory')
  }
  if (enabled === true && content !== undefined && !/^\s*\[Install\]/m.test(text)) {
    const hint = 'add one, such as WantedBy=multi-user.target'
    invalid(self, 'it cannot be enabled without an [Install] section', hint)
  }
  const [where, mountsOn] = [pathIn(text, 'Where'), mountPointOf(name)]
  if (where !== undefined && mountsOn !== undefined && mountNameOf(where) !== mountNameOf(mountsOn)) {
    const type = name.slice(name.lastIndexOf('.'))
    invalid(
      self,
      `Where=${where} is not where its name says, ${mountsOn}`,
      `name it ${mountNameOf(where)}${type}`,
    )
  }
  if (started !== true) return
  if (isTemplate(name)) {
    const hint = 'declare an instance of it, such as getty@tty1.service'
    invalid(self, 'a template unit cannot be started', hint)
  }
  const endsByItself = /^\s*Type\s*=\s*oneshot\s*$/m.test(text)
  if (endsByItself && !/^\s*RemainAfterExit\s*=\s*(1|yes|y|true|t|on)\s*$/im.test(text)) {
    invalid(
      self,
      'a oneshot service does not stay active, so it would be started in every run',
      'set RemainAfterExit=yes, or notify it with the action start instead of `started`',
    )
  }
}

/** The service that a socket activates, while which systemd does not start the socket. */
function serviceOf(name: string, text: string): string | undefined {
  if (!name.endsWith('.socket') || /^\s*Accept\s*=\s*(1|yes|y|true|t|on)\s*$/im.test(text)) return undefined
  return /^\s*Service\s*=\s*(\S+)\s*$/m.exec(text)?.[1] ?? name.replace(/socket$/, 'service')
}

function templateOf(name: string): string {
  return name.replace(/@.*\./, '@.')
}

function isInstance(name: string): boolean {
  return name.includes('@') && templateOf(name) !== name
}

/** Whether what is written changes how the unit is enabled: which links, aliases and other units that makes. */
function installChanges(files: readonly WrittenUnitFile[], writing: readonly Step[], facts: Facts): boolean {
  return files.some(({ path, content }) => {
    const found = pathFact(facts, path)
    const isWritten = writing.some(({ operation }) => operation.op === 'write' && operation.path === path)
    const before = contentOf(found)
    return isWritten && before !== undefined && installOf(before) !== installOf(content.data)
  })
}

/** Whether a file that the unit no longer has, and that is removed, says how it is enabled. */
function losesInstall({ state, paths, leaving = [] }: Facts, id: ResourceId): boolean {
  const last = state?.manifest.find(({ resource }) => resource === id)
  return leaving.some((path) => {
    const found = paths[path]
    return last?.paths[path] !== undefined && found?.type === 'file' && installOf(found.content ?? '') !== ''
  })
}

/** The text of a file, empty if there is none; undefined if it is too large to be asked for, or no text. */
function contentOf(found: PathFact): string | undefined {
  return found.type === 'file' ? (found.content ?? undefined) : ''
}

/** The directives of the section [Install]. */
function installOf(text: string): string {
  const sections = text.split(/^(?=\[)/m).filter((section) => section.startsWith('[Install]'))
  return sections
    .flatMap((section) => section.split('\n').slice(1))
    .filter((line) => /^\s*[^\s#;]/.test(line))
    .join('\n')
}

/** Whether an apply masked it, and is to unmask it. */
function maskedByConverge({ state }: Facts, id: ResourceId): boolean {
  const last = state?.manifest.find(({ resource }) => resource === id)
  return (
    last?.removal.some(({ op, ...what }) => op === 'unit' && 'action' in what && what.action === 'unmask') ===
    true
  )
}

function hasState({ enabled, started, masked }: Unit): boolean {
  return enabled !== undefined || started !== undefined || masked !== undefined
}

function withoutReload({ name }: Unit, { id }: Self): ResourceConflict {
  return new ResourceConflict(
    id,
    `${name} has no ExecReload, so it cannot be reloaded`,
    'notify it with the action restart (restartOn), or add ExecReload in a drop-in',
  )
}

function withoutSystemd({ name }: Unit, { id }: Self): ResourceConflict {
  return new ResourceConflict(
    id,
    `systemd does not run on this host, so the state of ${name} cannot be set`,
    'declare `platform: { init: none }` and remove enabled, started and masked for this host',
  )
}

function writeSteps(
  { path, directory, content }: WrittenUnitFile,
  id: ResourceId,
  facts: Facts,
  options: {
    readonly isUnmasked: boolean
    /** What the unit owes itself if this file changes. */
    readonly owes: ((before: string | undefined, after: string) => 'restart' | 'reload') | undefined
  },
): readonly Step[] {
  const found = pathFact(facts, path)
  const isMask = options.isUnmasked && found.type === 'link' && found.target === '/dev/null'
  if (!isMask) refuseOther(id, path, found)
  // systemd reads its files as root.
  const secrecy = content.secrets === undefined ? {} : { mode: '0600', sensitive: true }
  const steps = fileSteps({ path, ...OWNERSHIP, ...secrecy }, content, facts, found).map(
    ({ expects, ...step }) => ({
      ...step,
      // The mask was the old content, and is gone.
      ...(expects !== undefined && !isMask && { expects }),
      ...(step.operation.op === 'write' &&
        options.owes !== undefined && { owes: [options.owes(contentOf(found), content.data)] }),
    }),
  )
  return steps.length === 0 ? [] : [...directorySteps(directory, facts), ...steps]
}

function directorySteps(path: string, facts: Facts): readonly Step[] {
  if (facts.paths[path]?.type !== 'absent') return []
  return [{ operation: { op: 'mkdir', path, ...OWNERSHIP, mode: '0755' }, reason: 'will be created' }]
}

/** A unit that is declared stopped stays stopped; one that neither runs nor should run is not restarted. */
function triggeredSteps(desired: Unit, { action }: Trigger, around: string | undefined): readonly Step[] {
  if (action === 'run') throw new InternalError(`unit[${desired.name}] was notified to run`)
  const brings = action !== 'stop'
  if (brings && (desired.started === false || desired.masked === true)) return []
  const needsRunning = action === 'stop' || (action !== 'start' && desired.started !== true)
  const operation = {
    op: 'unit',
    unit: desired.name,
    action,
    ...given({ around: action === 'start' || action === 'restart' ? around : undefined }),
  } as const
  return [{ operation, reason: 'was notified', ...(needsRunning && { guard: { running: desired.name } }) }]
}
