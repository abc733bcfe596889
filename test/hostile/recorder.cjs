// Loaded before a program: writes a line for everything that it starts, reaches, opens or changes to the file that
// CONVERGE_RECORD names.
const { appendFileSync } = require('node:fs')
const { resolve } = require('node:path')
const { fileURLToPath } = require('node:url')

const record = process.env.CONVERGE_RECORD
delete process.env.CONVERGE_RECORD
const append = appendFileSync
let isRecording = false

function note(kind, what) {
  if (isRecording) return
  isRecording = true
  append(record, `${JSON.stringify([kind, what])}\n`)
  isRecording = false
}

function wrap(object, name, said) {
  const original = object[name]
  if (typeof original !== 'function') throw new Error(`there is no ${name}`)
  const wrapped = function (...args) {
    said(args)
    return new.target ? Reflect.construct(original, args, new.target) : Reflect.apply(original, this, args)
  }
  Object.defineProperties(wrapped, Object.getOwnPropertyDescriptors(original))
  object[name] = wrapped
}

function pathOf(path) {
  if (path instanceof URL) return fileURLToPath(path)
  return typeof path === 'number' ? undefined : resolve(String(path))
}

/** What opens or changes; what only looks whether and where something is reads nothing of it. */
const opening =
  'appendFile chmod chown copyFile cp createReadStream createWriteStream lchown link lutimes mkdir mkdtemp open openAsBlob opendir readFile readdir rename rm rmdir symlink truncate unlink utimes watch watchFile writeFile'
const looking = 'access exists lstat readlink realpath stat statfs'

const fs = require('node:fs')
for (const [kind, names] of Object.entries({ open: opening, look: looking }))
  for (const name of names.split(' '))
    for (const [object, called] of [
      [fs, name],
      [fs, `${name}Sync`],
      [fs.promises, name],
    ])
      if (typeof object[called] === 'function')
        wrap(object, called, (args) => {
          const paths = /^(?:copyFile|cp|link|rename)/.test(name) ? args.slice(0, 2) : [args[name === 'symlink' ? 1 : 0]]
          for (const path of paths.map(pathOf)) if (path !== undefined) note(kind, path)
        })

const child = require('node:child_process')
wrap(child.ChildProcess.prototype, 'spawn', ([{ file, args }]) => note('run', [file, ...args.slice(1)]))
for (const name of ['spawnSync', 'execSync', 'execFileSync'])
  wrap(child, name, ([file, args]) => note('run', [file, ...(Array.isArray(args) ? args : [])]))
wrap(require('node:worker_threads'), 'Worker', ([file]) => note('run', ['worker', String(file)]))
wrap(process, 'dlopen', ([, file]) => note('native', file))

const net = require('node:net')
wrap(net.Socket.prototype, 'connect', (args) => note('reach', ['connect', args.flat()[0]]))
wrap(net.Server.prototype, 'listen', (args) => note('reach', ['listen', args[0]]))
wrap(require('node:dgram'), 'createSocket', () => note('reach', ['udp']))
const dns = require('node:dns')
for (const object of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype])
  for (const name of Object.getOwnPropertyNames(object))
    if (/^(?:lookup|resolve|reverse)/.test(name)) wrap(object, name, ([host]) => note('reach', [name, host]))

require('node:module').syncBuiltinESMExports()
