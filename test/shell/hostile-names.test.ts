import { readlinkSync } from 'node:fs'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Change } from '../../src/model/plan.ts'
import { figure } from '../figure.ts'
import { change, link, mkdir, textContent, write } from './changes.ts'
import { fuzzRuns, hostileName, hostileText, seed } from './hostile.ts'
import { inEachShell } from './root-tree.ts'
import { apply, inspect } from './run-programs.ts'

const namesPerApply = Math.min(50, fuzzRuns)

const sample = fc.uniqueArray(fc.record({ name: hostileName, target: hostileText, content: hostileText }), {
  minLength: namesPerApply,
  maxLength: namesPerApply,
  selector: ({ name }) => name,
})

test('names, targets and contents arrive byte for byte through an apply and back', () =>
  inEachShell(async (tree) => {
    let names = 0
    await fc.assert(
      fc.asyncProperty(sample, async (samples) => {
        const base = `/srv/batch ${names}\n'"`
        // Most of them share a directory: each directory costs the host several processes.
        const directories = samples.slice(0, 3).map(({ name }) => `${base}/in ${name}`)
        const entries = samples.map(({ name, target, content }, index) => ({
          file: `${directories[index % directories.length]}/${name}`,
          link: `${directories[index % directories.length]}/link ${name}`,
          target: target === '' ? 'x' : target,
          content,
        }))
        const linked = entries.filter((_, index) => index % 10 === 0)
        const changes: readonly Change[] = [
          change(mkdir(base)),
          ...directories.map((path) => change(mkdir(path))),
          ...entries.map(({ file, content }) => change(write(file, content))),
          ...linked.map(({ link: path, target }) => change(link(path, target))),
        ]
        assert.is((await apply(tree, changes)).at(-1), 'end ok')
        for (const entry of entries) {
          assert.is(tree.read(entry.file), entry.content)
        }
        for (const entry of linked) assert.is(readlinkSync(tree.at(entry.link)), entry.target)
        const other = textContent('something else').sha256
        const { paths } = await inspect(
          tree,
          entries.flatMap(({ file, link: path }) => [
            { probe: 'path', path: file, sha256: other } as const,
            { probe: 'path', path } as const,
          ]),
        )
        for (const entry of entries) {
          const file = paths[entry.file]
          assert.is(file?.type, 'file')
          if (file?.type !== 'file') continue
          assert.is(Buffer.from(file.content ?? '', 'base64').toString(), entry.content)
          assert.is(file.sha256, textContent(entry.content).sha256)
        }
        for (const entry of linked) {
          const found = paths[entry.link]
          assert.is(found?.type === 'link' && found.target, entry.target)
        }
        names += samples.length
      }),
      { seed, numRuns: Math.ceil(fuzzRuns / namesPerApply), includeErrorInReport: true },
    )
    figure(`hostile names and contents of files, in ${tree.shell.name}`, names)
  }))

test.run()
