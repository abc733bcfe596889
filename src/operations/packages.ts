import type { PackageFact } from '../model/facts.ts'
import { given } from '../model/given.ts'
import type { OperationTypes } from '../model/operation.ts'
import { fitsVersion } from '../model/package-version.ts'
import { details, hasNoPath, type RulesByOperation, yesNo } from './operation-rules.ts'

const packageRules = { ...hasNoPath, timeoutSeconds: () => 1800 }

export const packageOperationRules: Pick<RulesByOperation, 'package' | 'remove-package'> = {
  package: {
    ...packageRules,
    subject: ({ packages }) => subjectOf(packages.map(({ name }) => name)),
    probes: ({ packages }) => probesOf(packages.map(({ name }) => name)),
    isNeeded: ({ packages }, facts) =>
      packages.some(
        (one) => isOther(facts.packages[one.name], one) || isOtherHold(facts.packages[one.name], one),
      ),
    inverse({ packages }, before) {
      const added = packages.filter(({ name }) => before.packages[name] === null)
      const held = packages.flatMap(({ name, hold }) => {
        const wasHeld = before.packages[name]?.held === true
        const isChanged = hold !== undefined && hold !== wasHeld && before.packages[name] !== null
        return isChanged ? [{ name, hold: wasHeld }] : []
      })
      return [
        ...(held.length === 0
          ? []
          : [{ op: 'package', packages: held, autostart: false, update: true } as const]),
        ...(added.length === 0
          ? []
          : [
              {
                op: 'remove-package',
                packages: added.map(({ name }) => name),
                ...given({ release: added.some(({ hold }) => hold === true) || undefined }),
              } as const,
            ]),
      ]
    },
    // Whether the older version can still be had is not known.
    outlasts: ({ packages }, before) =>
      packages.some((one) => before.packages[one.name] && isOther(before.packages[one.name], one)),
    undoRank: () => 2,
    after: ({ packages }, before) => ({
      packages: Object.fromEntries(
        packages.map((one) => {
          const found = before.packages?.[one.name]
          const version = found && !isOther(found, one) ? found.version : (one.version ?? 'unknown')
          const held = one.hold ?? found?.held
          return [one.name, { version, ...(held === true && { held }) }]
        }),
      ),
    }),
    leavesUnsynced: false,
    words: ({ packages, update, autostart }) =>
      `install ${packageWords(packages.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`)))}${details(
        packages.some(({ hold }) => hold === true) && 'hold',
        packages.some(({ hold }) => hold === false) && 'do not hold',
        update && 'refresh old package lists first',
        autostart && 'daemons may start',
      )}`,
    shell: ({ packages, autostart, update }) => [
      'package',
      yesNo(autostart),
      yesNo(update),
      ...packages.flatMap(({ name, version = '', hold }) => [
        name,
        version,
        hold === undefined ? '' : yesNo(hold),
      ]),
    ],
  },
  'remove-package': {
    ...packageRules,
    subject: ({ packages }) => subjectOf(packages),
    probes: ({ packages }) => probesOf(packages).map((probe) => ({ ...probe, removal: true })),
    isNeeded: ({ packages }, facts) => packages.some((name) => facts.packages[name] !== null),
    /** Installs the current version again; the undo itself starts what was running. */
    inverse({ packages }, before) {
      const gone = packages.filter((name) => (before.packages[name] ?? null) !== null)
      return gone.length === 0
        ? []
        : [
            {
              op: 'package',
              packages: gone.map((name) => ({ name, ...(before.packages[name]?.held && { hold: true }) })),
              autostart: false,
              update: true,
            },
          ]
    },
    undoRank: () => 4,
    after: ({ packages }) => ({ packages: Object.fromEntries(packages.map((name) => [name, null])) }),
    leavesUnsynced: true,
    words: ({ packages }) => `remove ${packageWords(packages)}`,
    shell: ({ packages, release = false }) => ['remove_package', yesNo(release), ...packages],
  },
}

type Wanted = OperationTypes['package']['packages'][number]

/** Whether a package is missing, or has another version than is wanted. */
function isOther(found: PackageFact | null | undefined, { version }: Wanted): boolean {
  return found === null || (found !== undefined && !fitsVersion(found.version, version))
}

function isOtherHold(found: PackageFact | null | undefined, { hold }: Wanted): boolean {
  return hold !== undefined && found !== undefined && found !== null && (found.held ?? false) !== hold
}

function subjectOf(names: readonly string[]): string {
  return `packages ${names.join(' ')}`
}

function probesOf(names: readonly string[]) {
  return names.map((name) => ({ probe: 'package', name }) as const)
}

function packageWords(names: readonly string[]): string {
  return `${names.length === 1 ? 'package' : 'packages'} ${names.join(', ')}`
}
