import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { FormatError } from '../../../src/formats/format-error.ts'
import { environmentLine, execLine } from '../../../src/formats/systemd/quoting.ts'
import { renderUnit } from '../../../src/formats/systemd/unit.ts'
import { anyText } from '../../any-text.ts'
import { ENV_SAMPLES } from '../env-samples.ts'
import { extractWords } from '../extract-words.ts'

const SEED = 20240229

test('leaves plain words bare and quotes the others', () => {
  assert.is(execLine(['/usr/bin/etcd', '--name', 'infra0', 3]), '/usr/bin/etcd --name infra0 3')
  assert.is(execLine(['/bin/a', 'two words', '', ';', '#x', 'a;b']), '/bin/a "two words" "" ";" "#x" a;b')
  assert.is(execLine(['/bin/a', 'say "it\'s"', 'a\\b']), '/bin/a "say \\"it\'s\\"" "a\\\\b"')
  assert.is(execLine(['/bin/a', 'l1\nl2\t\r', '\u001b\u0085']), '/bin/a "l1\\nl2\\t\\r" "\\u001B\\u0085"')
  assert.is(execLine(['/opt/my app/run', 'ü']), '"/opt/my app/run" ü')
})

test('keeps specifiers and variables literal unless they are to be expanded', () => {
  assert.is(execLine(['/bin/a', '100%', '$HOME', '${A}']), '/bin/a 100%% $$HOME $${A}')
  assert.is(execLine(['/bin/a', { expand: '%H-${A} b' }, { expand: '$OPTS' }]), '/bin/a "%H-${A} b" $OPTS')
  assert.is(execLine([{ expand: '%h/bin/a' }, 'b']), '%h/bin/a b')
})

test('writes prefixes before the executable, and leaves $ alone where no variables are expanded', () => {
  assert.is(execLine(['/bin/a', '$x'], { prefix: '-' }), '-/bin/a $$x')
  assert.is(execLine(['/bin/a', '$x'], { prefix: '-:' }), '-:/bin/a $x')
  assert.is(execLine(['/opt/my app', 'x'], { prefix: '+' }), '"+/opt/my app" x')
})

test('refuses prefixes that systemd does not know', () => {
  assert.throws(
    () => execLine(['/bin/a'], { prefix: '-x' }),
    (error: unknown) =>
      error instanceof FormatError &&
      error.message === "'-x' is not a prefix of an executable; use characters of -@:+!|",
  )
})

test('starts a line before each option where that layout is asked for', () => {
  assert.is(
    execLine(['/bin/a', 'run', '--name', 'x y', '--flag', '-v'], { layout: 'options' }),
    '/bin/a run\n--name "x y"\n--flag\n-v',
  )
})

test('refuses executables that systemd refuses', () => {
  const refuses = (words: readonly string[], message: string) =>
    assert.throws(
      () => execLine(words),
      (error: unknown) => error instanceof FormatError && error.message.startsWith(message),
    )
  refuses([], 'the command is empty')
  refuses(['-/bin/a'], "the executable '-/bin/a' begins with -, which systemd reads as a prefix")
  refuses(['/bin/a"b'], `'/bin/a"b' cannot be the path of an executable`)
  refuses(['/bin/'], "'/bin/' cannot be the path of an executable")
  refuses([''], "'' cannot be the path of an executable")
  refuses(['/bin/a', 'b\0'], '"b\\u0000" contains the character U+0000, which systemd refuses')
})

test('writes assignments for Environment=, where only specifiers are special', () => {
  assert.is(
    environmentLine({ A: 'b', C: 'two words', D: '$x 50%', E: { expand: '%H' }, F: 1, G: true, H: '' }),
    'A=b "C=two words" "D=$x 50%%" E=%H F=1 G=true H=',
  )
  assert.is(environmentLine({}), '')
  assert.throws(() => environmentLine({ 'A-B': 'c' }), "'A-B' is not the name of an environment variable")
})

test('commands are read back word by word, whatever the words', () => {
  fc.assert(
    fc.property(fc.array(text(), { maxLength: 6 }), fc.constantFrom('line', 'options'), (words, layout) => {
      const value = execLine(['/bin/a', ...words], { layout })
      assert.equal(expand(extractWords(readBack(value, 'ExecStart'))), ['/bin/a', ...words])
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

test('assignments are read back one by one, whatever the values', () => {
  fc.assert(
    fc.property(fc.array(text(), { minLength: 1, maxLength: 6 }), (values) => {
      const variables = Object.fromEntries(values.map((value, index) => [`V${index}`, value]))
      const words = extractWords(readBack(environmentLine(variables), 'Environment'))
      assert.equal(
        words.map((word) => word.replaceAll('%%', '%')),
        values.map((value, index) => `V${index}=${value}`),
      )
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

/** The value as systemd has it after it joined continued lines. */
function readBack(value: string, directive: string): string {
  const line = renderUnit({ Service: { [directive]: value } }, 'a.service')
    .split('\n')
    .slice(1)
    .join('\n')
  return line.replaceAll('\\\n', ' ').slice(`${directive}=`.length)
}

function expand(words: readonly string[]): readonly string[] {
  return words.map((word) => word.replaceAll('%%', '%').replaceAll('$$', '$'))
}

function text(): fc.Arbitrary<string> {
  return fc
    .oneof(
      fc.string({ unit: fc.constantFrom(...'\\"\'%$;#-= \t\n\rax{}') }),
      anyText(),
      fc.constantFrom(...Object.values(ENV_SAMPLES)),
    )
    .filter((value) => !/[\0\p{Noncharacter_Code_Point}]/u.test(value))
}

test.run()
