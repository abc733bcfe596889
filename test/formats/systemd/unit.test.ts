import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError } from '../../../src/formats/format-error.ts'
import { checkUnit, renderUnit, type UnitFile } from '../../../src/formats/systemd/unit.ts'
import { checkUnitText } from '../../../src/formats/systemd/unit-text.ts'
import { revealed } from '../../../src/model/secret.ts'
import { UNIT_SAMPLES } from '../unit-samples.ts'

for (const { fileName, unit, text } of UNIT_SAMPLES)
  test(`renders ${fileName}`, () => {
    assert.is(renderUnit(unit, fileName), text)
    assert.equal(checkUnitText(text, fileName), [])
  })

test('renders units that systemd-analyze verify has nothing to say about', () => {
  const directory = mkdtempSync(join(tmpdir(), 'converge-units-'))
  try {
    for (const { fileName, unit } of UNIT_SAMPLES) {
      mkdirSync(dirname(join(directory, fileName)), { recursive: true })
      writeFileSync(join(directory, fileName), revealed(renderUnit(unit, fileName)))
    }
    const units = UNIT_SAMPLES.filter(({ fileName }) => !fileName.includes('/'))
    const complaints = verify(units.map(({ fileName }) => join(directory, fileName)))
    assert.equal(complaints, [])
  } finally {
    rmSync(directory, { recursive: true })
  }
})

/** What `systemd-analyze verify` says of these units; its exit code is 0 even for unknown directives. */
function verify(paths: readonly string[]): readonly string[] {
  const analyze = spawnSync('systemd-analyze', ['verify', '--man=no', ...paths], { encoding: 'utf8' })
  if (analyze.error !== undefined) {
    // There is no systemd here: the exact texts above are what can be checked.
    assert.match(analyze.error.message, 'ENOENT')
    return []
  }
  const subjects = paths.flatMap((path) => [dirname(path), basename(path)])
  return analyze.stderr.split('\n').filter((line) => subjects.some((subject) => line.includes(subject)))
}

test('renders nothing for an empty unit, and no line for an empty list', () => {
  assert.is(renderUnit({}, 'a.service'), '')
  assert.is(renderUnit({ Unit: { After: [] } }, 'a.service'), '[Unit]\n')
})

test('turns line breaks into continuations and drops the white space around lines', () => {
  const render = (value: string) => renderUnit({ Service: { ExecStart: value } }, 'a.service')
  assert.is(render('/bin/a\n  --b\n\n--c\n'), '[Service]\nExecStart=/bin/a \\\n  --b \\\n  --c\n')
  assert.is(render('/bin/a \\\n  --b'), '[Service]\nExecStart=/bin/a \\\n  --b\n')
  assert.is(render('/bin/a \u00a0 '), '[Service]\nExecStart=/bin/a \u00a0\n')
  assert.is(render('  /bin/a  '), '[Service]\nExecStart=/bin/a\n')
  assert.is(render('/bin/a \\\\\n--b'), '[Service]\nExecStart=/bin/a \\\\ \\\n  --b\n')
})

test('suggests the nearest directive of the section', () => {
  assert.equal(problems({ Service: { ExecStrat: '/bin/true' } }), [
    'a.service: unknown directive ExecStrat= in [Service]; did you mean ExecStart=?',
  ])
  assert.equal(problems({ Unit: { after: 'b.service' } }), [
    'a.service: unknown directive after= in [Unit]; did you mean After=?',
  ])
  assert.equal(problems({ Unit: { Frobnicate: true } }), [
    'a.service: unknown directive Frobnicate= in [Unit]; known are those of systemd up to 260, see systemd.directives(7): put a newer one into a file in /etc/systemd/system/a.service.d/; a custom directive begins with X-',
  ])
})

test('says where a misplaced directive belongs', () => {
  assert.equal(problems({ Unit: { WantedBy: 'multi-user.target', ExecStart: '/bin/true' } }), [
    'a.service: unknown directive WantedBy= in [Unit]; WantedBy= belongs in [Install]',
    'a.service: unknown directive ExecStart= in [Unit]; ExecStart= belongs in [Service]',
  ])
  assert.equal(problems({ Service: { ListenStream: 80 } }), [
    'a.service: unknown directive ListenStream= in [Service]; ListenStream= belongs in [Socket] of a .socket unit',
  ])
  assert.equal(problems({ Unit: { Where: '/srv' } }), [
    'a.service: unknown directive Where= in [Unit]; Where= belongs in [Mount] of a .mount unit or [Automount] of a .automount unit',
  ])
})

test('knows which sections a unit of a type may have', () => {
  assert.equal(problems({ Servise: { ExecStart: '/bin/true' } }), [
    'a.service: unknown section [Servise]; did you mean [Service]?',
  ])
  assert.equal(problems({ Timer: { OnCalendar: 'daily' } }), [
    'a.service: unknown section [Timer]; [Timer] belongs in a .timer unit',
  ])
  assert.equal(problems({ Whatever: {} }), [
    'a.service: unknown section [Whatever]; the sections of this unit are [Unit], [Service] and [Install]',
  ])
  assert.equal(problems({ 'X-a]b': {}, 'X-a\nb': {} }).length, 2)
})

test('takes the type of a drop-in from the directory it is in', () => {
  const unit = { Service: { Restart: 'always' } }
  for (const fileName of [
    'a@.service.d/10-b.conf',
    'service.d/b.conf',
    '/etc/systemd/system/a.service.d/b.conf',
  ])
    assert.equal(checkUnit(unit, fileName), [])
  assert.is(checkUnit(unit, 'a.socket.d/b.conf').length, 1)
})

test('refuses file names that no unit has', () => {
  for (const fileName of ['eth0.network', 'etcd', 'a.service.conf', 'etc/b.conf', ''])
    assert.is(checkUnit({}, fileName)[0]?.message, `${fileName} is not the name of a unit file or drop-in`)
})

test('refuses values that systemd would read differently', () => {
  const values = [Number.NaN, 1e21, 'a\0b', 'a\rb', 'a\u001bb', 'a\ud800', 'a\\', 'a\n#b', 'a\n;b']
  const messages = values.map((value) => problems({ Service: { ExecStart: value } }))
  const place = 'a.service: [Service] ExecStart='
  const character = (name: string) =>
    `${place} contains the character ${name}, which a unit file cannot hold; remove it, or write it as a C escape such as \\x1b if the directive takes quoted text`
  assert.equal(messages.flat(), [
    `${place}NaN is not a plain number; write it as a string`,
    `${place}1e+21 is not a plain number; write it as a string`,
    character('U+0000'),
    character('U+000D'),
    character('U+001B'),
    character('U+D800'),
    `${place} ends with a backslash, which would join the next line to it; double it, or remove it`,
    `${place} has the line '#b', which systemd skips as a comment; join it with the previous line, or quote its first word`,
    `${place} has the line ';b', which systemd skips as a comment; join it with the previous line, or quote its first word`,
  ])
})

test('refuses the words of a command as a list of commands', () => {
  const said = (...ExecStart: string[]) => problems({ Service: { ExecStart } })
  assert.equal(said('/bin/sh', '-c', 'a'), [
    'a.service: each element of ExecStart= is a command, and -c is not one; write the command as one text: /bin/sh -c a',
  ])
  assert.is(said('', 'a', 'b').length, 1)
  assert.equal([...said('/bin/a', '-/bin/b'), ...said('', '/bin/a -x'), ...said('a b')], [])
  assert.equal(problems({ Service: { Type: 'oneshot', ExecStart: ['a', 'b'] } }), [])
})

test('throws every problem of a unit at once', () => {
  const unit = { Unit: { Afer: 'x' }, Instal: {}, Service: { ExecStart: ['', 'a\\'] } }
  assert.throws(
    () => renderUnit(unit, 'a.service'),
    (error: unknown) =>
      error instanceof FormatError && error.mistakes.length === 3 && error.message.includes('After='),
  )
})

function problems(unit: UnitFile): readonly string[] {
  return checkUnit(unit, 'a.service').map(({ message, hint }) => `${message}; ${hint}`)
}

test.run()
