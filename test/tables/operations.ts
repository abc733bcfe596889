import { partLabel } from '../../src/model/edit-text.ts'
import { given } from '../../src/model/given.ts'
import { Operation, type OperationTypes, type Ownership, UnitAction } from '../../src/model/operation.ts'
import { originalOf } from '../../src/record/manifest-entry.ts'
import { answerCheck } from '../../src/shell/answers/answer-check.ts'
import { ownershipWords, readOwnership, readText } from './path-states.ts'
import { contentOf, quotedText } from './texts.ts'

/** An operation as a case says it: `restore /etc/x 0600 "text" from 7/0`. What is usual is left out. */
export function operationWords(operation: Operation): string {
  const replaces = 'replaces' in operation ? operation.replaces : undefined
  return words(ownWords(operation), replaces !== undefined && `in place of the ${replaces}`)
}

function ownWords(operation: Operation): string {
  switch (operation.op) {
    case 'write':
      return words(
        'write',
        operation.path,
        ...owned(operation, '0644'),
        quotedText(operation.content.sha256),
        operation.sensitive && 'sensitive',
        operation.validate !== undefined && `checked by ${operation.validate}`,
      )
    case 'edit': {
      const { path, part, content, kept, sha256 = '', emptyGoes, sensitive } = operation
      return words(
        'edit',
        path,
        `\`${partLabel(part)}\``,
        content !== undefined && quotedText(content.sha256),
        kept !== undefined && quotedText(sha256),
        kept !== undefined && `from ${kept.replace('generations/', '')}`,
        content === undefined && kept === undefined && 'gone',
        emptyGoes && 'with the file if nothing is left',
        sensitive && 'sensitive',
      )
    }
    case 'mkdir':
      return words('mkdir', operation.path, ...owned(operation, '0755'))
    case 'attributes':
      return words('attributes', operation.path, operation.mode, ...owned(operation, operation.mode))
    case 'link':
      return words('link', operation.path, '->', operation.target)
    case 'remove':
      return words(
        'remove',
        operation.path,
        operation.recursive && 'recursively',
        operation.sensitive && 'sensitive',
      )
    case 'restore': {
      const { path, kept, sha256, sensitive } = operation
      return words(
        'restore',
        path,
        ...owned(operation, '0644'),
        quotedText(sha256),
        kept !== originalOf(path) && `from ${kept.replace('generations/', '')}`,
        sensitive && 'sensitive',
        operation.inPlace && 'in place',
      )
    }
    case 'group':
      return words('group', operation.name, ...details(operation))
    case 'user':
      return words('user', operation.name, ...details(operation))
    case 'record':
      return 'record'
    case 'remove-user':
      return words(operation.op, operation.name, operation.keepsGroup && 'without its group')
    case 'remove-group':
      return words(operation.op, operation.name)
    case 'package':
      return words(
        'package',
        ...operation.packages.map(({ name, version }) =>
          version === undefined ? name : `${name}=${version}`,
        ),
        operation.autostart && 'autostart',
        operation.update && 'update',
      )
    case 'remove-package':
      return words(operation.op, ...operation.packages)
    case 'archive':
      return words('archive', operation.path, 'from', operation.url)
    case 'download':
      return words('download', operation.path, ...owned(operation, '0644'), 'from', operation.url)
    case 'checkout':
      return words('checkout', operation.path, operation.commit.slice(0, 12), 'from', operation.url)
    case 'unit':
      return words(
        operation.action,
        operation.unit,
        operation.around !== undefined && `around ${operation.around}`,
        operation.noBlock && '--no-block',
        operation.noReload && '--no-reload',
      )
    case 'daemon-reload':
      return 'daemon-reload'
    case 'run':
    case 'await':
      return words(operation.op, operation.command)
    case 'etcd-key':
      return words(operation.op, operation.key, operation.kept !== undefined && `from ${operation.kept}`)
    case 'etcd-role':
      return words(operation.op, operation.role, granted(operation))
    case 'etcd-user':
      return words(operation.op, operation.user, granted(operation))
    case 'etcd-remove':
      return words(operation.op, operation.type, operation.name)
    case 'etcd-member':
      return words(operation.op, operation.action, operation.member, operation.id)
    case 'etcd-restore':
      return words(operation.op, operation.action, operation.unit, operation.id)
    case 'reboot':
      return words('reboot', 'out of', operation.boot)
  }
}

const isOperation = answerCheck(Operation)

/**
 * Reads what most undos have, from words, or any operation from its data. A spelling that `operationWords` would not use
 * is an error.
 */
export function readOperation(said: unknown): Operation {
  if (isOperation(said)) return said
  if (typeof said !== 'string') throw new Error(`not an operation: ${JSON.stringify(said)}`)
  const [, op = '', object = '', rest = ''] = /^(\S+) (\S+) ?(.*)$/s.exec(said) ?? []
  const operation = readParts(op, object, rest)
  if (operation === undefined) throw new Error(`not an operation that can be read from words: ${said}`)
  const spelt = operationWords(operation)
  if (spelt !== said) throw new Error(`"${said}" is spelt "${spelt}"`)
  return operation
}

function readParts(op: string, object: string, rest: string): Operation | undefined {
  if (isUnitAction(op)) return { op: 'unit', unit: object, action: op }
  switch (op) {
    case 'mkdir':
    case 'attributes': {
      const { after: _, ...owned } = readOwnership(rest, '0755')
      return { op, path: object, ...owned }
    }
    case 'link':
      return { op, path: object, target: rest.replace(/^-> /, '') }
    case 'remove':
      return { op, path: object, recursive: rest.includes('recursively'), ...sensitive(rest) }
    case 'restore': {
      const { after, ...owned } = readOwnership(rest, '0644')
      const [, quoted = '', from] = /^("(?:[^"\\]|\\.)*")(?: from (\S+))?/.exec(after) ?? []
      const { sha256 } = contentOf(readText(quoted))
      const kept = from === undefined ? originalOf(object) : from.replace(/^(?=\d)/, 'generations/')
      return { op, path: object, kept, sha256, ...owned, ...sensitive(rest), ...inPlace(rest) }
    }
    case 'remove-user':
      return { op, name: object, ...(rest.trim() === 'without its group' && { keepsGroup: true }) }
    case 'remove-group':
      return { op, name: object }
    case 'remove-package':
      return { op, packages: [object, ...rest.split(' ').filter((name) => name !== '')] }
    default:
      return undefined
  }
}

function granted({ grant, revoke }: OperationTypes['etcd-role' | 'etcd-user']): string {
  return JSON.stringify([grant, revoke])
}

function isUnitAction(word: string): word is UnitAction {
  return UnitAction.enum.some((action) => action === word)
}

function sensitive(rest: string): { readonly sensitive?: true } {
  return given({ sensitive: rest.endsWith('sensitive') ? (true as const) : undefined })
}

function inPlace(rest: string): { readonly inPlace?: true } {
  return given({ inPlace: rest.endsWith('in place') ? (true as const) : undefined })
}

function owned(ownership: Ownership, usualMode: string): readonly string[] {
  return ownershipWords(ownership, usualMode)
}

/** What is declared of an account, as JSON has it. */
function details({
  op: _op,
  name: _name,
  system,
  ...declared
}: OperationTypes['user' | 'group']): readonly string[] {
  return [
    ...(system ? ['system'] : []),
    ...Object.entries(declared).flatMap(([name, value]) =>
      value === false ? [] : value === true ? [name] : [`${name} ${JSON.stringify(value)}`],
    ),
  ]
}

function words(...parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join(' ')
}
