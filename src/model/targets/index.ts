import { Type } from 'typebox'
import type { Data } from '../schema.ts'
import { DirectoryTarget, directory } from './directory.ts'
import type { Place, TargetKind } from './kind.ts'
import { MemoryTarget, memory } from './memory.ts'
import { SshTarget, ssh } from './ssh.ts'

/** How a host is reached: over SSH, as a directory on this machine, or as a throw-away tree. */
export const Target = Type.Union([SshTarget, DirectoryTarget, MemoryTarget])

export type Target = Data<typeof Target>

/** Every kind of target by its name. */
export const targetKinds: Readonly<Record<Target['transport'], TargetKind<Target, unknown>>> = {
  ssh,
  directory,
  memory,
}

/** How a host is reached if the spec does not say. */
export const defaultTransport = 'ssh'

/** What identifies the machine; undefined if the host has its own. */
export function placeOf(target: Target): Place | undefined {
  return targetKinds[target.transport].place(target)
}

/** The address at which peers reach the host, if the target has one. */
export function addressOf(target: Target): string | undefined {
  return targetKinds[target.transport].address(target)
}

/** What to trust of a removed host's target, as a host with the target `reporter` reports it. */
export function believed(reported: Target, reporter: Target): Target | undefined {
  const alike = reported.transport === reporter.transport ? reporter : undefined
  return targetKinds[reported.transport].believed(reported, alike)
}
