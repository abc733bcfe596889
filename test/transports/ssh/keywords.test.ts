import { execFile } from 'node:child_process'
import { mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parseSshConfig } from '../../../src/transports/ssh/config.ts'
import { keywords } from '../../../src/transports/ssh/keywords.ts'
import { programOnPath } from './programs.ts'

const run = promisify(execFile)
const ssh = programOnPath('ssh')
const tested = ssh === undefined ? test.skip : test

tested('every keyword that `ssh -G` prints has its treatment', async () => {
  const { stdout } = await run(`${ssh}`, ['-T', '-F', 'none', '-G', 'core0'])
  assert.equal(
    [...parseSshConfig(stdout).keys()].filter((keyword) => !keywords.has(keyword)),
    [],
  )
})

tested('every keyword that ssh reads has its treatment', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'converge-test-'))
  try {
    // ssh names each line that it does not know, so every text of the program is tried as a keyword.
    const program = await readFile(await realpath(`${ssh}`), 'latin1')
    const texts = program.matchAll(/(?<=\0)[A-Za-z][A-Za-z0-9]{2,39}(?=\0)/g)
    const words = new Set([...texts].map(([word]) => word.toLowerCase()))
    const untreated = [...words].filter((word) => !keywords.has(word))
    assert.ok(words.has('revokedhostkeys') && untreated.length > 100)
    const file = join(directory, 'config')
    await writeFile(file, untreated.map((word) => `${word} yes\n`).join(''))
    const said = await run(`${ssh}`, ['-T', '-F', file, '-G', 'core0']).then(
      () => '',
      (error: { stderr: string }) => error.stderr,
    )
    const unknown = new Set(
      [...said.matchAll(/Bad configuration option: (\S+)/g)].map(([, word]) => word?.toLowerCase()),
    )
    assert.equal(
      untreated.filter((word) => !unknown.has(word)),
      [],
    )
  } finally {
    await rm(directory, { recursive: true })
  }
})

test.run()
