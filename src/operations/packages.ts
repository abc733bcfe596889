import type { PackageFact } from '../model/facts.ts'
import { details, hasNoPath, type RulesByOperation, yesNo } from './operation-rules.ts'

const packageRules = { ...hasNoPath, timeoutSeconds: () => 1800 }

export const packageOperationRules: Pick<RulesByOperation, 'package' | 'remove-package'> = {
  package: {
    ...packageRules,
    subject: ({ packages }) => subjectOf(packages.map(({ name }) => name)),
    probes: ({ packages }) => probesOf(packages.map(({ name }) => name)),
    isNeeded: ({ packages }, facts) =>
      packages.some(({ name, version }) => isOther(facts.packages[name], version)),
    inverse({ packages }, before) {
      const added = packages.map(({ name }) => name).filter((name) => before.packages[name] === null)
      return added.length === 0 ? [] : [{ op: 'remove-package', packages: added }]
    },
    // Whether the older version can still be had is not known.
    outlasts: ({ packages }, before) =>
      packages.some(({ name, version }) => before.packages[name] && isOther(before.packages[name], version)),
    undoRank: () => 2,
    after: ({ packages }, before) => ({
      packages: Object.fromEntries(
        packages.map(({ name, version = before.packages?.[name]?.version ?? 'unknown' }) => [
          name,
          { version },
        ]),
      ),
    }),
    leavesUnsynced: false,
    words: ({ packages, update, autostart }) =>
      `install ${packageWords(packages.map(({ name, version }) => (version === undefined ? name : `${name}=${version}`)))}${details(
        update && 'refresh old package lists first',
        autostart && 'daemons may start',
      )}`,
    shell: ({ packages, autostart, update }) => [
      'package',
      yesNo(autostart),
      yesNo(update),
      ...packages.flatMap(({ name, version = '' }) => [name, version]),
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
        : [{ op: 'package', packages: gone.map((name) => ({ name })), autostart: false, update: true }]
    },
    undoRank: () => 4,
    after: ({ packages }) => ({ packages: Object.fromEntries(packages.map((name) => [name, null])) }),
    leavesUnsynced: true,
    words: ({ packages }) => `remove ${packageWords(packages)}`,
    shell: ({ packages }) => ['remove_package', ...packages],
  },
}

/** Whether a package is missing, or has another version than is wanted. */
function isOther(found: PackageFact | null | undefined, version: string | undefined): boolean {
  return found === null || (found !== undefined && version !== undefined && found.version !== version)
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
