import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { supposedFacts } from '../../src/model/supposed-facts.ts'
import { rulesOf } from '../../src/operations/index.ts'
import { download } from '../../src/resources/download.ts'
import { commandLine } from '../../src/shell/quote.ts'
import { scratchFolder } from '../commands/scratch.ts'
import { inShellsByTurns, type RootTree } from './root-tree.ts'
import { libraryFor } from './run-programs.ts'

type Signature = Parameters<typeof download>[0]['signature']

const folder = scratchFolder()
const content = 'what is signed\n'
const sha256 = createHash('sha256').update(content).digest('hex')
const run = (command: string, ...args: readonly string[]) => execFileSync(command, args, { cwd: folder })

/** What signs a file, and what a spec then says: by this key, or by another one. */
const signers: Readonly<Record<string, { test: string; sign(key: string): Signature }>> = {
  ssh: {
    test: 'ssh-keygen',
    sign(key) {
      run('ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', `ssh-${key}`)
      run('sh', '-c', `ssh-keygen -q -Y sign -f ssh-${key} -n file <file >ssh-${key}.sig 2>/dev/null`)
      const [type, base64] = readFileSync(`${folder}/ssh-${key}.pub`, 'utf8').split(' ')
      return { ssh: `${type} ${base64}`, namespace: 'file', url: `https://example.com/ssh-${key}.sig` }
    },
  },
  minisign: {
    test: 'minisign',
    sign(key) {
      run('minisign', '-G', '-W', '-p', `mini-${key}.pub`, '-s', `mini-${key}.key`)
      run('minisign', '-S', '-s', `mini-${key}.key`, '-m', 'file', '-x', `mini-${key}.sig`)
      const [, minisign = ''] = readFileSync(`${folder}/mini-${key}.pub`, 'utf8').split('\n')
      return { minisign, url: `https://example.com/mini-${key}.sig` }
    },
  },
}

run('sh', '-c', `printf '%s' '${content}' >file`)

for (const [name, { test: program, sign }] of Object.entries(signers)) {
  if (spawnSync(program, ['-v']).error !== undefined) continue
  test(`a download is in place only if the declared key has signed it: ${name}`, async () => {
    const [own, other] = [sign('own'), sign('other')]
    assert.ok(own && other)
    await inShellsByTurns(async (tree) => {
      assert.is(await fetched(tree, own), '0 ')
      assert.is(tree.read('/srv/file'), content)
      const asked = 'https://example.com/file is not signed by the declared key'
      assert.match(await fetched(tree, { ...own, url: other.url }), `1 ${asked}: ${other.url} does not fit`)
      if ('namespace' in own) assert.match(await fetched(tree, { ...own, namespace: 'git' }), asked)
      assert.match(
        await fetched(tree, { ...own, url: 'https://example.com/none' }),
        'cannot download https://example.com/none',
      )
      assert.is(existsSync(tree.at('/srv/file')), false)
    })
  })
}

/** How the operation ends, and the last line that it prints. */
async function fetched(tree: RootTree, signature: Signature): Promise<string> {
  const { inspect, apply } = libraryFor(tree.shell)
  const resource = download({
    path: '/srv/file',
    url: 'https://example.com/file',
    sha256,
    ...(signature && { signature }),
  })
  const [step] = resource.steps(supposedFacts(resource.probes, 'unknown'))
  assert.ok(step)
  const [operation = '', ...words] = rulesOf(step.operation).shell(step.operation)
  const { stdout, exitCode } = await tree.run(`${inspect}
${apply}
NUMBER=0 ID=test STATE=$R/var/state RUN=$R/var/run UID_NUMBER=$(id -u) BELLS=0
mkdir -p "$STATE" "$RUN" "$R/srv"; rm -f "$R/srv/file"
download() { cp ${commandLine([folder])}/"\${1##*/}" "$2"; }
do_${operation} ${commandLine(words)} 2>/dev/null
`)
  return `${exitCode} ${stdout.toString().trimEnd().split('\n').at(-1)}`
}

test.run()
