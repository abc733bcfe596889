import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

const commands = ['systemd-nspawn', 'mmdebstrap', 'nsenter', 'ip', 'mount', 'ssh', 'ssh-keygen']

/** Why this machine cannot run a lab (`not root`); undefined if it can. `others` are further commands that are needed. */
export function labUnavailable(others: readonly string[] = []): string | undefined {
  if (process.platform !== 'linux') return `a lab needs Linux, this is ${process.platform}`
  if (process.getuid?.() !== 0) return 'a lab needs root'
  const missing = [...commands, ...others].filter((command) => !isInstalled(command))
  return missing.length === 0 ? undefined : `not installed: ${missing.join(', ')}`
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
