import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from '../commands/recording-io.ts'
import { readDocument } from './markdown.ts'
import { writePrinted } from './printed-project.ts'

const guides = readdirSync(fileURLToPath(new URL('../../docs/guides', import.meta.url)))

for (const guide of guides) {
  test(`prints a spec that renders the files that it shows: ${guide}`, async () => {
    const document = readDocument(`docs/guides/${guide}`)
    const folder = writePrinted(document)
    const tree = join(folder, 'tree')
    const { code, stderr } = await converge(['render', '-f', join(folder, 'cluster.yaml'), '-o', tree])
    assert.is(code, 0, stderr)
    assert.not.match(stderr, 'warning')
    for (const [, path = '', text] of document.matchAll(/`tree\/(\S+)`:\n\n```text\n(.*?)^```$/gms))
      assert.is(readFileSync(join(tree, path), 'utf8'), text)
  })
}

test.run()
