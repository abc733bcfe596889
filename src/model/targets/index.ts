import { Type } from 'typebox'
import type { Data } from '../schema.ts'
import { DirectoryTarget, directory } from './directory.ts'
import type { Place, TargetKind } from './kind.ts'
import { MemoryTarget, memory } from './memory.ts'
import { SshTarget, ssh } from './ssh.ts'

/** How a host is reached: over SSH, as a directory on this machine, or as a throw-away tree. */
export const Target = Type.Union([SshTarget, DirectoryTarget, MemoryTarget])

export type Target = Data<typeof Target>

/** Every way to reach hosts by its name. */
export const targetKinds: Readonly<Record<Target['transport'], TargetKind<Target, unknown>>> = {
  ssh,
  directory,
  memory,
}

/** How a host is reached if the spec does not say. */
export const defaultTransport = 'ssh'

/** Which machine it is; undefined if it is the host's own. */
export function placeOf(target: Target): Place | undefined {
  return targetKinds[target.transport].place(target)
}

/** The address by which peers reach the host, if the target says so. */
export function addressOf(target: Target): string | undefined {
  return targetKinds[target.transport].address(target)
}

/** The target of a host that left the spec, as a host that is reached as `teller` tells of it; undefined: not to be believed. */
export function believed(told: Target, teller: Target): Target | undefined {
  const alike = told.transport === teller.transport ? teller : undefined
  return targetKinds[told.transport].believed(told, alike)
}
