import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { parse, parseAllDocuments } from 'yaml'
import { FormatError } from '../../src/formats/format-error.ts'
import { renderYaml, renderYamlDocuments } from '../../src/formats/yaml.ts'
import { revealed } from '../../src/model/secret.ts'
import type { Value } from '../../src/model/value.ts'
import { anyText } from '../any-text.ts'

const SEED = 20240229

/** Strings that one YAML reader or another takes for something else when they stand without quotes. */
const MISREAD = [
  ...[
    'on',
    'off',
    'On',
    'OFF',
    'yes',
    'no',
    'Yes',
    'NO',
    'y',
    'n',
    'Y',
    'N',
    'true',
    'false',
    'TRUE',
    'False',
  ],
  ...[
    '~',
    'null',
    'Null',
    'NULL',
    '',
    '=',
    '<<',
    '0644',
    '0o7',
    '0O7',
    '0x1F',
    '0b101',
    '1_000',
    '+12',
    '-3',
  ],
  ...[
    '1e3',
    '1E+3',
    '1.5',
    '.5',
    '1.',
    '3.10',
    '685.230_15e+03',
    '.inf',
    '-.INF',
    '.nan',
    '.NaN',
    '12:30:00',
  ],
  ...[
    '190:20:30.15',
    '20:30',
    '2001-12-14',
    '2001-1-1',
    '2001-12-14t21:59:43.10-05:00',
    '2001-12-14 21:59:43',
  ],
  ...['0_x1f', '1_', '0.0', '-0', '+.5', '--- a', '...', '---'],
]

const PLAIN = [
  'etcd',
  '10.0.0.1',
  '3.4.23',
  '/etc/etcd',
  'a=b',
  'a:b',
  'https://a.example.com:2379',
  '12h',
  'e',
  'not',
  'x#y',
]

test('writes block style with the keys in the order given', () => {
  const text = renderYaml({
    zone: 'eu',
    apiVersion: 'v1',
    metadata: { labels: { app: 'etcd' }, finalizers: [], annotations: {} },
    ports: [
      { name: 'peer', port: 2380 },
      { name: 'client', port: 2379 },
    ],
    matrix: [[1, 2], [3]],
    ready: true,
    nothing: null,
  })
  assert.is(
    text,
    `zone: eu
apiVersion: v1
metadata:
  labels:
    app: etcd
  finalizers: []
  annotations: {}
ports:
  - name: peer
    port: 2380
  - name: client
    port: 2379
matrix:
  - - 1
    - 2
  - - 3
ready: true
nothing: null
`,
  )
})

test('quotes what a reader of YAML 1.1 or 1.2 would misread, as value and as key', () => {
  for (const text of MISREAD) {
    assert.is(renderYaml(text), `${JSON.stringify(text)}\n`)
    assert.is(renderYaml({ [`${text}`]: 1 }), `${JSON.stringify(text)}: 1\n`)
  }
})

test('leaves other text bare', () => {
  for (const text of PLAIN) assert.is(renderYaml({ [text]: text }), `${text}: ${text}\n`)
})

test('writes text of several lines as a literal block', () => {
  assert.is(
    renderYaml({ write_files: [{ content: '#!/bin/sh\nset -e\n\n  echo "$1"\n', path: '/x' }] }),
    `write_files:
  - content: |
      #!/bin/sh
      set -e

        echo "$1"
    path: /x
`,
  )
  assert.is(renderYaml({ a: 'one\ntwo' }), 'a: |-\n  one\n  two\n')
  assert.is(renderYaml({ a: 'one\n\n' }), 'a: |+\n  one\n\n')
  assert.is(renderYaml({ a: '  one\ntwo\n' }), 'a: |2\n    one\n  two\n')
})

test('folds no line, however long', () => {
  const long = 'word '.repeat(60).trim()
  assert.is(renderYaml({ a: long }), `a: ${long}\n`)
  assert.is(renderYaml({ a: `${long}: "'` }), `a: ${JSON.stringify(`${long}: "'`)}\n`)
  assert.is(renderYaml({ a: `${long}\u0007\nb` }), `a: "${long}\\u0007\\nb"\n`)
})

test('escapes what does not print or ends a line for YAML 1.1', () => {
  assert.is(renderYaml('a\u2028b\u0085c\u001b\ufeff\r\n'), '"a\\u2028b\\u0085c\\u001b\\ufeff\\r\\n"\n')
  assert.is(renderYaml('Grüße 東京 🚀'), 'Grüße 東京 🚀\n')
})

test('writes numbers so that every reader takes them for numbers', () => {
  assert.is(renderYaml([1, -2, 0.5, 1e21, 1.5e-7, -0]), '- 1\n- -2\n- 0.5\n- 1.0e+21\n- 1.5e-7\n- 0\n')
})

test('repeats a value that is used twice instead of referring to it', () => {
  const labels = { app: 'etcd' }
  assert.is(renderYaml({ a: labels, b: labels }), 'a:\n  app: etcd\nb:\n  app: etcd\n')
})

test('puts each document of a stream under its own marker', () => {
  assert.is(renderYamlDocuments([{ kind: 'A' }, [1], 'x']), '---\nkind: A\n---\n- 1\n---\nx\n')
  assert.is(renderYamlDocuments([]), '')
})

test('refuses numbers that are not finite and half surrogate pairs', () => {
  const refuses = (value: Value, message: string) =>
    assert.throws(
      () => renderYaml(value),
      (error: unknown) => error instanceof FormatError && error.message === message,
    )
  refuses({ a: Number.NaN }, 'YAML: NaN is not a finite number; write it as a string')
  refuses([Number.NEGATIVE_INFINITY], 'YAML: -Infinity is not a finite number; write it as a string')
  refuses({ 'a\ud800': 1 }, 'YAML: "a\\ud800" contains half a surrogate pair; remove it')
})

test('reads back equal in YAML 1.1 and 1.2', () => {
  fc.assert(
    fc.property(values(), (value) => {
      const text = revealed(renderYaml(value))
      assert.equal(parse(text, { version: '1.2' }), value)
      assert.equal(parse(text, { version: '1.1', merge: true }), value)
    }),
    { seed: SEED, numRuns: 1000 },
  )
})

test('reads back equal as a stream of documents', () => {
  fc.assert(
    fc.property(fc.array(values(), { minLength: 1, maxLength: 4 }), (list) => {
      const documents = parseAllDocuments(revealed(renderYamlDocuments(list)), {
        version: '1.1',
        merge: true,
      })
      assert.equal(
        [...documents].map((document) => document.toJS()),
        list,
      )
    }),
    { seed: SEED, numRuns: 200 },
  )
})

test('reads back equal in PyYAML where there is one', () => {
  const samples: Value[] = [...MISREAD, ...fc.sample(values(), { seed: SEED, numRuns: 500 })]
  const texts = samples.map((value) => revealed(renderYaml(value)))
  const python = spawnSync('python3', ['-c', READ_WITH_PYYAML], {
    input: JSON.stringify(texts),
    encoding: 'utf8',
  })
  if (python.status !== 0) {
    assert.match(`${python.error ?? ''}${python.stderr}`, /ENOENT|No module named 'yaml'/)
    return
  }
  const read: unknown[] = JSON.parse(python.stdout)
  assert.is(read.length, samples.length)
  samples.forEach((value, index) => {
    assert.equal(read[index], value, texts[index])
  })
})

// `repr` makes a date, a set or bytes differ from every value that JSON has.
const READ_WITH_PYYAML = `
import json, sys, yaml
json.dump([yaml.safe_load(text) for text in json.load(sys.stdin)], sys.stdout, default=repr)`

function values(): fc.Arbitrary<Value> {
  const text = fc.oneof(
    fc.constantFrom(...MISREAD, ...PLAIN),
    fc.string({ unit: fc.constantFrom(...'0123456789_.:-+eExobinfT ~'), maxLength: 8 }),
    fc.string({
      unit: fc.constantFrom(...'ab \t\n\r#:-?"\'|>%@&*!{}[],\\\u0085\u2028\u2029\ufeff\u0007'),
      maxLength: 12,
    }),
    anyText(),
  )
  const number = fc.oneof(
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((double) => (double === 0 ? 0 : double)),
  )
  const { value } = fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      text,
      number,
      fc.boolean(),
      fc.constant(null),
      fc.array(tie('value'), { maxLength: 4 }),
      fc.dictionary(text, tie('value'), { maxKeys: 4, noNullPrototype: true }),
    ),
  }))
  return value
}

test.run()
