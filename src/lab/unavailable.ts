import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const commands = ['systemd-nspawn', 'mmdebstrap', 'nsenter', 'ip', 'mount', 'ssh', 'ssh-keygen']

/** Why this machine cannot run a lab (`not root`); undefined if it can. `others` are further commands that are needed. */
export function labUnavailable(others: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return `a lab needs Linux, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'a lab needs root'
  return missing([...commands, ...others])
}

/** Why this machine, which can run a lab, cannot run hosts with a kernel of their own; undefined if it can. */
export function ownKernelUnavailable(): string | undefined {
  if (process.arch !== 'x64') return `hosts with a kernel of their own need x64, this is ${process.arch}`
  return missing(['qemu-system-x86_64', 'mke2fs'])
}

function missing(needed: readonly string[]): string | undefined {
  const names = needed.filter((command) => !isInstalled(command))
  return names.length === 0 ? undefined : `not installed: ${names.join(', ')}`
}

function isInstalled(command: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, command), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
