import type { Facts } from '../../model/facts.ts'
import type { Operation } from '../../model/operation.ts'
import { assertNever } from '../../model/value.ts'
import { escapeLine } from '../text/escape-control.ts'
import { count } from '../text/words.ts'

/**
 * An operation in words, on one line that is safe to print: `write /etc/motd (0644 root:root, 12 bytes)`. With the
 * host's facts, users and groups are `create`d or `change`d; without, they are `set`.
 */
export function describeOperation(operation: Operation, facts?: Facts): string {
  return escapeLine(describe(operation, facts))
}

function describe(operation: Operation, facts: Facts | undefined): string {
  switch (operation.op) {
    case 'write':
      return `write ${operation.path}${details([
        ownership(operation),
        operation.sensitive ? 'sensitive' : count(operation.content.sizeBytes, 'byte'),
        operation.validate !== undefined && `checked with \`${operation.validate}\``,
      ])}`
    case 'mkdir':
      return `create directory ${operation.path}${details([ownership(operation)])}`
    case 'attributes':
      return `set ${operation.path} to ${ownership(operation)}`
    case 'link':
      return `link ${operation.path} -> ${operation.target}`
    case 'remove':
      return `remove ${operation.path}${operation.recursive ? ' and all that is in it' : ''}`
    case 'restore':
      return `restore ${operation.path}${details([ownership(operation), operation.sensitive === true && 'sensitive'])}`
    case 'group':
      return `${verb(facts?.groups[operation.name])} group ${operation.name}${details([
        operation.gid !== undefined && `gid ${operation.gid}`,
        operation.system && 'system',
      ])}`
    case 'user':
      return `${verb(facts?.users[operation.name])} user ${operation.name}${details(userDetails(operation))}`
    case 'remove-user':
      return `remove user ${operation.name}`
    case 'remove-group':
      return `remove group ${operation.name}`
    case 'package':
      return `install ${packages(operation.packages)}${details([
        operation.update && 'refresh old package lists first',
        operation.autostart && 'daemons may start',
      ])}`
    case 'remove-package':
      return `remove ${packages(operation.packages)}`
    case 'archive':
      return `extract ${operation.url} to ${operation.path}${details([
        `sha256 ${operation.sha256.slice(0, 12)}`,
        operation.strip > 0 && `strip ${operation.strip}`,
      ])}`
    case 'unit':
      return `${operation.action} ${operation.unit}${operation.noBlock ? ' without waiting for it' : ''}`
    case 'daemon-reload':
      return 'reload the unit files (systemctl daemon-reload)'
    case 'run':
      return `run \`${operation.command}\`${details([
        operation.user !== undefined && `as ${operation.user}`,
        operation.cwd !== undefined && `in ${operation.cwd}`,
        operation.environment !== undefined && `with ${Object.keys(operation.environment).join(', ')}`,
      ])}`
    case 'await':
      return `wait until \`${operation.command}\` succeeds (at most ${operation.timeoutSeconds} s)`
    default:
      return assertNever(operation)
  }
}

function ownership(of: { readonly mode: string; readonly owner: string; readonly group: string }): string {
  return `${of.mode} ${of.owner}:${of.group}`
}

function packages(names: readonly string[]): string {
  return `${names.length === 1 ? 'package' : 'packages'} ${names.join(', ')}`
}

function verb(fact: object | null | undefined): string {
  if (fact === undefined) return 'set'
  return fact === null ? 'create' : 'change'
}

function userDetails(user: Extract<Operation, { op: 'user' }>): readonly (string | false)[] {
  return [
    user.uid !== undefined && `uid ${user.uid}`,
    user.group !== undefined && `group ${user.group}`,
    user.groups !== undefined && user.groups.length > 0 && `groups ${user.groups.join(' ')}`,
    user.home !== undefined && `home ${user.home}`,
    user.shell !== undefined && `shell ${user.shell}`,
    user.comment !== undefined && `comment "${user.comment}"`,
    user.system && 'system',
    user.createHome && 'home is created',
  ]
}

function details(parts: readonly (string | false)[]): string {
  const said = parts.filter((part) => part !== false)
  return said.length === 0 ? '' : ` (${said.join(', ')})`
}
