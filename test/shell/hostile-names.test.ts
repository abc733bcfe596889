import { readlinkSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Probe } from '../../src/model/facts.ts'
import type { Change } from '../../src/model/plan.ts'
import { figure } from '../figure.ts'
import { type Canary, inEachShellWithCanary } from './canary.ts'
import { change, link, mkdir, textContent, write } from './changes.ts'
import { fuzzRuns, hostileName, hostileText, inShells, seedOf, shareOf } from './hostile.ts'
import type { RootTree } from './root-tree.ts'
import { apply, inspect } from './run-programs.ts'

const namesPerApply = Math.min(500, Math.ceil(shareOf(fuzzRuns) / 4))

const sample = fc.uniqueArray(fc.record({ name: hostileName, target: hostileText, content: hostileText }), {
  minLength: namesPerApply,
  maxLength: namesPerApply,
  selector: ({ name }) => name,
})

type Sample = typeof sample extends fc.Arbitrary<infer T> ? T : never

test('the canary sings where text is read as shell', () =>
  inEachShellWithCanary(async (tree, canary) => {
    assert.not.ok(canary.hasSung())
    await tree.run('printf %s "$(canary)"\n')
    assert.ok(canary.hasSung())
  }))

test('names, targets and contents arrive byte for byte through an apply and back, and none is run', async () => {
  let names = 0
  await inEachShellWithCanary(async (tree, canary) => {
    let batches = 0
    const property = fc.asyncProperty(sample, async (samples) => {
      await carryThrough(tree, canary, samples, `/srv/batch ${batches}\n'"$(canary)`)
      batches += 1
      names += samples.length
    })
    const numRuns = Math.ceil(shareOf(fuzzRuns) / namesPerApply)
    // The message says which one it is: smaller batches would only take longer.
    await fc.assert(property, { seed: seedOf(tree), numRuns, endOnFailure: true, includeErrorInReport: true })
  })
  assert.ok(names >= fuzzRuns)
  figure(`hostile names with contents of files that went through an apply ${inShells}`, names)
})

async function carryThrough(tree: RootTree, canary: Canary, samples: Sample, base: string): Promise<void> {
  // Most of them share a directory: each directory costs the host several processes.
  const directories = samples.slice(0, 3).map(({ name }) => `${base}/in ${name}`)
  const entries = samples.map(({ name, target, content }, index) => ({
    file: `${directories[index % directories.length]}/${name}`,
    link: `${directories[index % directories.length]}/link ${name}`,
    target: target === '' ? 'x' : target,
    content,
    // The rest is only compared by its checksum: to send it back costs two processes each.
    asked: index % 5 === 0,
  }))
  const linked = entries.filter((_, index) => index % 10 === 0)
  const changes: readonly Change[] = [
    change(mkdir(base)),
    ...directories.map((path) => change(mkdir(path))),
    ...entries.map(({ file, content }) =>
      change(write(file, content), { expects: [{ path: file, state: { type: 'absent' } }] }),
    ),
    ...linked.map(({ link: path, target }) => change(link(path, target))),
  ]
  assert.is((await apply(tree, changes)).at(-1), 'end ok')
  for (const { file, content } of entries) assert.is(tree.read(file), content, JSON.stringify(file))
  for (const { link: path, target } of linked) assert.is(readlinkSync(tree.at(path)), target)

  const other = textContent('something else').sha256
  const probes = entries.flatMap(({ file, link: path, asked, content }): readonly Probe[] => [
    { probe: 'path', path: file, sha256: asked ? other : textContent(content).sha256 },
    { probe: 'path', path },
  ])
  const { paths } = await inspect(tree, probes)
  for (const { file, content, asked } of entries) {
    const found = paths[file]
    if (found?.type !== 'file') throw new Error(`${JSON.stringify(file)} is seen as ${found?.type}`)
    assert.is(found.sha256, textContent(content).sha256)
    if (asked) assert.is(found.content, content)
  }
  for (const { link: path, target } of linked) {
    const found = paths[path]
    assert.is(found?.type === 'link' && found.target, target)
  }
  assert.not.ok(canary.hasSung(), 'a name, target or content was run')
}

test.run()
