import { posix } from 'node:path'
import ts from 'typescript'
import { doors } from './rooms.ts'

/** Text of each source file by its path from the project's root. */
export type Sources = ReadonlyMap<string, string>

/** What each folder of src/ may import besides itself. `docs/architecture.md` says why. */
export const allowedImports: Readonly<Record<string, readonly string[]>> = {
  model: [],
  operations: ['model'],
  record: ['model', 'operations'],
  validation: ['model'],
  formats: ['model', 'validation'],
  secrets: ['model'],
  load: ['model', 'validation', 'secrets'],
  plan: ['model', 'operations', 'record'],
  report: ['model', 'operations'],
  shell: ['model', 'operations', 'record'],
  boot: ['formats', 'shell'],
  transports: ['model'],
  resources: ['model', 'validation', 'formats'],
  compile: ['model', 'validation', 'load'],
  explain: ['model', 'operations', 'validation', 'load', 'compile'],
  engine: ['model', 'operations', 'record', 'plan', 'shell'],
  embedded: ['model', 'transports'],
  lab: [],
  dsl: ['model', 'formats', 'secrets', 'resources'],
  recipes: ['dsl'],
  commands: [
    'model',
    'operations',
    'record',
    'validation',
    'formats',
    'secrets',
    'load',
    'plan',
    'report',
    'shell',
    'boot',
    'transports',
    'resources',
    'compile',
    'explain',
    'engine',
    'embedded',
    'lab',
    'dsl',
    'recipes',
  ],
  cli: ['model', 'commands', 'package.json'],
}

/** Where the file system, the network, the clock and chance may be touched; everything else is pure. */
const impure = [
  /^src\/(engine|transports|embedded|lab|commands)\//,
  /^src\/cli\.ts$/,
  /^src\/load\/(load-cluster|files\/(read-[a-z-]+|find-files)|recipes\/(read-[a-z-]+|import-recipe|recipe-package|time-limit))\.ts$/,
]

const impureModules =
  /^(node:)?(fs|net|tls|dgram|dns|http|https|http2|child_process|cluster|os|process|readline|repl|worker_threads|timers|perf_hooks|ssh2.*)(\/.*)?$/
const impureNames = new Set([
  'process',
  'console',
  'performance',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
])
const randomNames = new Set(['randomBytes', 'randomInt', 'randomUUID', 'getRandomValues'])

/** Every breach of the layers, of the doors, of the rule against cycles and of purity, as `file: what`. */
export function checkArchitecture(sources: Sources): readonly string[] {
  const imports = new Map([...sources].map(([file, text]) => [file, importsOf(file, text)]))
  return [
    ...[...imports].flatMap(([file, imported]) => layerBreaches(file, imported)),
    ...[...imports].flatMap(([file, imported]) => doorBreaches(file, imported)),
    ...cycles(imports),
    ...[...sources].flatMap(([file, text]) => (isImpure(file) ? [] : impurities(file, text))),
  ]
}

/** Files as paths from the root, packages by name. */
function importsOf(file: string, text: string): readonly string[] {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => {
    // What recipes import, built-in and users' ones alike.
    if (fileName === 'converge') return 'src/dsl.ts'
    return fileName.startsWith('.') ? posix.join(posix.dirname(file), fileName) : fileName
  })
}

function layerBreaches(file: string, imported: readonly string[]): readonly string[] {
  const layer = layerOf(file)
  const allowed = allowedImports[layer]
  if (allowed === undefined) return [`${file}: is in no known folder`]
  return imported
    .filter((target) => target.includes('/') && /^(src|recipes|test|bench|package\.json)\b/.test(target))
    .concat(imported.filter((target) => target === 'package.json'))
    .filter((target) => layerOf(target) !== layer && !allowed.includes(layerOf(target)))
    .map((target) => `${file}: ${layer} may not import ${target}`)
}

function doorBreaches(file: string, imported: readonly string[]): readonly string[] {
  return imported.flatMap((target) => {
    const room = roomOf(target)
    if (room === undefined || room === roomOf(file)) return []
    const open = doors[room]
    if (open === undefined) return [`${file}: enters src/${room}, whose doors are not listed`]
    const isDoor = open === 'all' || open.includes(posix.basename(target, '.ts'))
    return isDoor ? [] : [`${file}: enters src/${room} by ${posix.basename(target)}, which is no door`]
  })
}

/** The folder within a folder of src/ that a file is in, as `load/yaml`. */
function roomOf(file: string): string | undefined {
  return /^src\/(\w+\/[\w-]+)\//.exec(file)?.[1]
}

/** The doors that are listed and that no other room uses, as `room/file`. */
export function unusedDoors(sources: Sources): readonly string[] {
  const entered = new Set(
    [...sources].flatMap(([file, text]) =>
      importsOf(file, text).filter((target) => roomOf(target) !== roomOf(file)),
    ),
  )
  return Object.entries(doors).flatMap(([room, open]) =>
    open === 'all'
      ? [...sources.keys()].filter((file) => roomOf(file) === room && !entered.has(file))
      : open.map((name) => `src/${room}/${name}.ts`).filter((file) => !entered.has(file)),
  )
}

/** The folder below src/, or the name of a file directly in it. */
function layerOf(file: string): string {
  const [top = '', folder = ''] = file.split('/')
  if (top !== 'src') return top
  return folder.replace(/\.ts$/, '')
}

function cycles(imports: ReadonlyMap<string, readonly string[]>): readonly string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    const at = way.indexOf(file)
    if (at !== -1) {
      found.push(`${file}: imports itself: ${[...way.slice(at), file].join(' -> ')}`)
      return
    }
    if (done.has(file)) return
    for (const target of imports.get(file) ?? []) visit(target, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

function isImpure(file: string): boolean {
  return impure.some((pattern) => pattern.test(file))
}

function impurities(file: string, text: string): readonly string[] {
  const found = importsOf(file, text)
    .filter((target) => impureModules.test(target))
    .map((target) => `${file}: imports ${target} outside the impure folders`)
  const visit = (node: ts.Node): void => {
    const use = impureUse(node)
    if (use !== undefined) found.push(`${file}: uses ${use} outside the impure folders`)
    ts.forEachChild(node, visit)
  }
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.ES2023, true))
  return found
}

function impureUse(node: ts.Node): string | undefined {
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const use = `${node.expression.text}.${node.name.text}`
    if (use === 'Date.now' || use === 'Math.random') return use
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return node.arguments === undefined || node.arguments.length === 0 ? 'new Date()' : undefined
  }
  if (!ts.isIdentifier(node) || isOnlyName(node)) return undefined
  return impureNames.has(node.text) || randomNames.has(node.text) ? node.text : undefined
}

/** `x.process` and `{ process: 1 }` name a property; they do not use the global. */
function isOnlyName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node
  return (
    (ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isMethodSignature(parent)) &&
    parent.name === node
  )
}
