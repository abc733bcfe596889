import { checkAuthorizedKeys } from '../formats/authorized-keys.ts'
import { FormatError } from '../formats/format-error.ts'
import type { Facts } from '../model/facts.ts'
import type { Claim, Step } from '../model/resource.ts'
import { textContent } from './define/content.ts'
import { invalid, type Self } from './define/define-resource.ts'
import { pathFact } from './define/facts-of.ts'
import { accountProbes } from './define/ownership.ts'
import { directorySteps } from './directory.ts'
import { fileSteps, refuseOther } from './file.ts'

interface Account {
  readonly name: string
  readonly group?: string | undefined
  readonly home?: string | undefined
  readonly createHome: boolean
}

/** The file of exactly these keys and its directory, both the user's own, as sshd asks for. */
export function keysFile(
  { name, group = name, home, createHome }: Account,
  keys: readonly string[],
  self: Self,
) {
  if (home === undefined) {
    invalid(self, 'authorizedKeys needs home', `declare it, such as home: /home/${name}`)
  }
  const mistakes = checkAuthorizedKeys(keys)
  if (mistakes.length > 0) throw new FormatError(mistakes)
  const directory = `${home}/.ssh`
  const path = `${directory}/authorized_keys`
  const content = textContent(keys.map((key) => `${key}\n`).join(''))
  const owned = (at: string, mode: string) => ({ path: at, mode, owner: name, group })
  return {
    home,
    claims: [directory, path].map((key): Claim => ({ kind: 'path', key })),
    probes: [
      { probe: 'path', path: home } as const,
      { probe: 'path', path: directory } as const,
      { probe: 'path', path, sha256: content.sha256 } as const,
      ...accountProbes(name, group),
    ],
    steps(facts: Facts, isNew: boolean): readonly Step[] {
      const found = pathFact(facts, path)
      refuseOther(self.id, path, found)
      const comesWithUser = isNew && createHome && facts.isUnknown !== true
      // Of a host that is only supposed, nothing is known of what no spec makes.
      const lacksHome = facts.paths[home]?.type === 'absent' && !comesWithUser
      return [
        // Of a home that is there, mode and owner stay as they are.
        ...(lacksHome ? directorySteps(self.id, owned(home, '0700'), facts) : []).map((step) => ({
          ...step,
          guard: { absent: home },
        })),
        ...directorySteps(self.id, owned(directory, '0700'), facts),
        ...fileSteps(owned(path, '0600'), content, facts, found),
      ]
    },
  }
}
