import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { loadSecrets } from '../../src/load/load-secrets.ts'
import { SpecError } from '../../src/model/errors.ts'
import { renderDiagnostics } from '../../src/report/text/code-frame.ts'
import { createStyle } from '../../src/report/text/style.ts'
import { asLine } from './load-text.ts'

const head = 'salt: 0123456789abcdef0123456789abcdef\n'
const value = 'YWdlLWVuY3J5cHRpb24ub3JnL3YxCi0+IFgyNTUxOSBY'

async function load(text: string): Promise<readonly string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'converge-secrets-'))
  const file = join(folder, 'secrets.yaml')
  try {
    await writeFile(file, text)
    await loadSecrets(file)
    return []
  } catch (error) {
    if (!(error instanceof SpecError)) throw error
    const sources = new Map([[file, text]])
    const shown = renderDiagnostics({
      diagnostics: error.diagnostics,
      sources,
      style: createStyle({ color: false }),
    })
    assert.not.match(shown, ' | ', 'no line is shown')
    return error.diagnostics.map(asLine)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const rows: readonly (readonly [string, readonly string[]])[] = [
  [`${head}secrets:\n  a/b-c.d: { value: ${value} }\n  e: { environment: E }\n`, []],
  [`${head}recipients:\nsecrets: {}\n`, []],
  ['', ['1:1+1 not-a-map secrets.yaml is empty (`converge secrets init` writes one)']],
  ['secrets: {}\n', ['1:1+1 missing-key salt is missing (set salt to 32 random hexadecimal digits)']],
  [
    `${head}recipients: { ann: ssh-ed25519 }\n`,
    ['2:20+11 invalid-value ann must be an X25519 public key of age (age1...)'],
  ],
  [`${head}secrets:\n  a: hunter2\n`, ['3:6+7 wrong-type a must be a map']],
  [
    `${head}secrets:\n  a: { value: hunter2 }\n`,
    [
      '3:15+7 invalid-value value must be an encrypted file of age in base64, as `converge secrets set` writes it',
    ],
  ],
  [
    `${head}secrets:\n  a: { vlaue: ${value} }\n`,
    ['3:8+5 unknown-key unknown key vlaue (did you mean value?)'],
  ],
  [
    `${head}secrets:\n  a: {}\n`,
    [
      '3:3+1 invalid-secret a: it has no value (run `converge secrets set`, or name its environment, file or command)',
    ],
  ],
  [
    `${head}secrets:\n  a: { environment: A, file: b }\n`,
    ['3:30+1 invalid-secret a: environment and file are both set (keep one of them)'],
  ],
  [
    `${head}secrets:\n  a: { kind: token, length: 20, environment: A }\n`,
    ['3:29+2 invalid-secret a: length is not for the kind token (it takes bytes, a value)'],
  ],
  [
    `${head}secrets:\n  a: { kind: certificate, authority: b, environment: A }\n  c: { kind: certificate, authority: a, environment: A }\n`,
    [
      '3:38+1 invalid-secret a: there is no secret b (name a secret of kind authority)',
      '4:38+1 invalid-secret c: a is not an authority (name a secret of kind authority)',
    ],
  ],
  [
    `${head}secrets:\n  a: { kind: authority, next: b, environment: A }\n  b: { kind: authority, next: c, environment: A }\n  c: { kind: authority, environment: A }\n`,
    ['3:31+1 invalid-secret a: b is being rotated itself (name an authority that is not)'],
  ],
  [
    `${head}secrets:\n  a: { kind: authority, next: c, environment: A }\n  b: { kind: authority, next: c, environment: A }\n  c: { kind: authority, environment: A }\n`,
    ['4:31+1 invalid-secret b: c is the next one of a already (name another one)'],
  ],
  [
    `${head}secrets:\n  a: { kind: authority, next: b, environment: A }\n  b: { kind: authority, environment: A }\n  c: { kind: certificate, authority: b, environment: A }\n`,
    ['5:38+1 invalid-secret c: b issues nothing before it takes the place of a (name a)'],
  ],
  [
    `${head}secrets:\n  a b: { environment: A }\n  /c: { environment: A }\n`,
    [
      '3:3+3 invalid-secret a b cannot be the key of a secret (use words of letters, digits, dots, hyphens and underscores, with / between them)',
      '4:3+2 invalid-secret /c cannot be the key of a secret (use words of letters, digits, dots, hyphens and underscores, with / between them)',
    ],
  ],
  [
    `${head}secrets:\n  a: { environment: A }\n  a: { environment: B }\n`,
    ['4:3+1 duplicate-key the key a is duplicated (keep one, or merge the two)'],
  ],
  [
    `${head}secrets:\n<<<<<<< ours\n  a: { environment: A }\n=======\n`,
    [
      '3:1+12 invalid-yaml this is a mark of an unresolved merge conflict (keep one side, and remove the lines of the marks)',
    ],
  ],
  [
    '- a\n',
    ['1:1+1 not-a-map secrets.yaml must be a map at the top level (`converge secrets init` writes one)'],
  ],
]

for (const [text, expected] of rows) {
  test(`says all that is wrong, and no value: ${JSON.stringify(text.replace(head, '')).slice(0, 70)}`, async () => {
    const said = await load(text)
    assert.equal(said, expected)
    assert.not.match(said.join('\n'), 'hunter2')
  })
}

test.run()
