import type { Operation, Ownership } from '../../model/operation.ts'
import { assertNever } from '../../model/value.ts'
import { quote } from '../quote.ts'

/** The shell function of an operation and its arguments: `do_<first word>` does it, `is_<first word>` asks for it. */
export function operationWords(operation: Operation): readonly string[] {
  switch (operation.op) {
    case 'write': {
      const { path, content, validate } = operation
      return [
        'write',
        path,
        stagedName(content.sha256),
        content.sha256,
        ...ownership(operation),
        validate ?? '',
      ]
    }
    case 'mkdir':
      return ['mkdir', operation.path, ...ownership(operation)]
    case 'attributes':
      return ['attributes', operation.path, ...ownership(operation)]
    case 'link':
      return ['link', operation.path, operation.target]
    case 'remove':
      return ['remove', operation.path, yesNo(operation.recursive)]
    case 'restore':
      return ['restore', operation.path, operation.kept, operation.sha256, ...ownership(operation)]
    case 'group':
      return ['group', operation.name, String(operation.gid ?? ''), yesNo(operation.system)]
    case 'user': {
      const { name, system, createHome, uid, group, groups, home, shell, comment } = operation
      const declared = [uid?.toString(), group, groups?.toSorted().join(','), home, shell, comment]
      return ['user', name, yesNo(system), yesNo(createHome), ...declared.map((value) => value ?? ':')]
    }
    case 'remove-user':
      return ['remove_user', operation.name]
    case 'remove-group':
      return ['remove_group', operation.name]
    case 'package':
      return ['package', yesNo(operation.autostart), yesNo(operation.update), ...operation.packages]
    case 'remove-package':
      return ['remove_package', ...operation.packages]
    case 'archive':
      return ['archive', operation.url, operation.sha256, operation.path, String(operation.strip)]
    case 'unit':
      return ['unit', operation.unit, operation.action, ...unitOptions(operation)]
    case 'daemon-reload':
      return ['daemon_reload']
    case 'run': {
      const { timeoutSeconds, cwd, user, environment, command } = operation
      const exports = Object.entries(environment ?? {}).map(
        ([name, value]) => `export ${name}=${quote(value)}\n`,
      )
      return ['run', String(timeoutSeconds), cwd ?? '', user ?? '', `${exports.join('')}${command}`]
    }
    case 'await':
      return ['await', String(operation.timeoutSeconds), operation.command]
    default:
      return assertNever(operation)
  }
}

function unitOptions({ noBlock, noReload }: Extract<Operation, { op: 'unit' }>): readonly string[] {
  return [...(noBlock === true ? ['--no-block'] : []), ...(noReload === true ? ['--no-reload'] : [])]
}

/** The name under which a content is staged: equal contents are uploaded once. */
export function stagedName(sha256: string): string {
  return sha256
}

function ownership({ mode, owner, group }: Ownership): readonly string[] {
  return [mode, owner, group]
}

function yesNo(value: boolean): string {
  return value ? 'yes' : 'no'
}
