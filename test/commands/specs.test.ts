import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { converge } from './recording-io.ts'

const root = fileURLToPath(new URL('../../fixtures/specs/', import.meta.url))

// Each folder is a spec as people write it, often with one mistake, with the whole text that a command says of it.
for (const name of readdirSync(root).sort()) {
  const folder = `${root}${name}/`

  test(`is told in full: ${name.replaceAll('-', ' ')}`, async () => {
    const [command = '', ...options] = readFileSync(`${folder}arguments`, 'utf8')
      .trimEnd()
      .split(/(?<!\\) /)
    const unescaped = options.map((option) => option.replaceAll('\\ ', ' '))
    const { stdout, stderr, code } = await converge([command, '-f', `${folder}cluster.yaml`, ...unescaped])
    const said = `${stdout}${stderr}`.replaceAll(folder, '')
    assert.is(`${said}exit code ${code}\n`, readFileSync(`${folder}expected.txt`, 'utf8'))
  })
}

test.run()
