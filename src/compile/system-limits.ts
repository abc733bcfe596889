import type { Problem } from '../model/diagnostic.ts'
import { familyOf } from '../model/os-family.ts'
import type { Platform } from '../model/platform.ts'
import { type Claim, pathIn } from '../model/resource.ts'
import type { Declared } from './declared.ts'

/** Reports what the declared system cannot have: Flatcar has no package manager, and its /usr is read-only. */
export function checkSystem(
  declared: readonly Declared[],
  platform: Platform,
  report: (problem: Problem) => void,
): void {
  if (familyOf(platform) !== 'flatcar') return
  for (const { resource, declaredBy, position } of declared) {
    const refused = resource.claims.map(refusal).find((one) => one !== undefined)
    if (refused === undefined) continue
    const { message, hint } = refused
    report({
      code: 'not-on-this-system',
      message: `${resource.id}, declared by ${declaredBy}, is impossible on ${platform.os}: ${message}`,
      hint,
      position,
    })
  }
}

function refusal(claim: Claim): { readonly message: string; readonly hint: string } | undefined {
  if (claim.kind === 'package')
    return {
      message: 'it has no package manager',
      hint: 'run it in a container, unpack it with archive, or add a system extension (systemd-sysext) as a file in /etc/extensions',
    }
  const path = pathIn(claim)
  // The others are links to directories in it.
  if (path !== undefined && /^\/(usr|bin|sbin|lib|lib64)(\/|$)/.test(path))
    return {
      message: `its /usr is read-only, and this needs ${path}`,
      hint: 'choose a path in /opt, /etc or /var; {{platform.binDir}} is a directory for programs',
    }
  return undefined
}
