import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Facts, PathFact } from '../../../src/model/facts.ts'
import { type Keyring, Secret } from '../../../src/model/secret.ts'
import { maskedDiff } from '../../../src/plan/host/masked-diff.ts'
import { textContent } from '../../../src/resources/define/content.ts'

function contentWith(value: string, ...around: readonly [string, string]) {
  const keyring: Keyring = { valueOf: () => value, publicOf: () => undefined, fingerprint: () => '' }
  return textContent(Secret.concat([around[0], Secret.of(keyring, 'web/db'), around[1]]))
}

const before = contentWith('hunter2', 'port=80\npassword=', '\nlast=x\n')
const after = contentWith('new-one', 'port=81\npassword=', '\nlast=x\n')

/** The live file, and what the manifest says of it. */
function diff(live: string | undefined, recorded: typeof before | undefined, wanted = after) {
  const found =
    live === undefined
      ? { type: 'absent' }
      : { type: 'file', content: live, sha256: textContent(live).sha256, sizeBytes: live.length }
  const entry = recorded && {
    paths: { '/f': `file 0600 root root ${recorded.sha256}` },
    secrets: { '/f': recorded.secrets },
  }
  const facts = { state: { manifest: entry === undefined ? [] : [entry] } }
  return maskedDiff('/f', found as PathFact, wanted, facts as unknown as Facts)
}

const wanted = 'port=81\npassword=«secret web/db»\nlast=x\n'
const changed = 'port=81\npassword=«secret web/db, changed»\nlast=x\n'
const hidden = '«this line may have a secret»'

/** What is on the host, what the manifest knows, and what is shown before and after. */
const rows: readonly (readonly [
  string,
  string | undefined,
  typeof before | undefined,
  string | undefined,
  string,
])[] = [
  ['no file', undefined, undefined, undefined, wanted],
  ['as it was applied', before.data, before, 'port=80\npassword=«secret web/db»\nlast=x\n', changed],
  [
    'as it was applied, with the same secret',
    after.data.replace('81', '80'),
    contentWith('new-one', 'port=80\npassword=', '\nlast=x\n'),
    'port=80\npassword=«secret web/db»\nlast=x\n',
    wanted,
  ],
  [
    'applied with the secret in another line',
    'pw: hunter2\nport=81\n',
    contentWith('hunter2', 'pw: ', '\nport=81\n'),
    'pw: «secret web/db»\nport=81\n',
    changed,
  ],
  [
    'edited by hand',
    before.data.replace('last', 'hunter2'),
    before,
    `${hidden}\npassword=«secret web/db»\n${hidden}\n`.replace(`${hidden}\n`, `${hidden}\n`),
    changed,
  ],
  [
    'never applied',
    'port=81\npassword=hunter2\npass: hunter2\n',
    undefined,
    `port=81\npassword=«secret web/db»\n${hidden}\n`,
    changed,
  ],
  [
    'never applied, with the same secret',
    'password=new-one\n',
    undefined,
    'password=«secret web/db»\n',
    wanted,
  ],
]

for (const [what, live, recorded, shownBefore, shownAfter] of rows) {
  test(`shows what is around secrets, and no value: ${what}`, () => {
    const shown = diff(live, recorded)
    assert.not.match(JSON.stringify(shown), /hunter2|new-one/)
    const texts =
      shownBefore === undefined ? { after: shownAfter } : { before: shownBefore, after: shownAfter }
    assert.equal(shown, { path: '/f', shown: texts, masked: true })
  })
}

test('hides a secret of several lines as a whole', () => {
  const key = '-----BEGIN\nhunter2\n-----END\n'
  const shown = diff(`# key\n${key}x\n`, undefined, contentWith(key, '# key\n', 'y\n'))
  assert.not.match(JSON.stringify(shown), 'hunter2')
  assert.equal(shown && 'shown' in shown && shown.shown.after, '# key\n«secret web/db»y\n')
})

test.run()
