import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { createMarkdownView } from '../../../src/report/views/markdown.ts'
import type { View, ViewContext } from '../../../src/report/views/view.ts'
import { viewContract } from '../../contracts/view.ts'
import { fileChange, plan, planned } from '../sample-plan.ts'
import { recordView } from './record-view.ts'
import { showings } from './showings.ts'

/** The lines that Markdown reads as such; throws if a fence is not closed. */
function outsideFences(markdown: string): readonly string[] {
  let fence: string | undefined
  const outside: string[] = []
  for (const line of markdown.split('\n')) {
    const [, ticks] = /^(`{3,})\w*$/.exec(line) ?? []
    if (fence === undefined && ticks !== undefined) fence = ticks
    else if (fence !== undefined && line === fence) fence = undefined
    else if (fence === undefined) outside.push(line)
  }
  assert.is(fence, undefined, `a fence stays open:\n${markdown}`)
  return outside
}

function check(markdown: string): void {
  assert.ok(Buffer.byteLength(markdown) <= 65_536)
  for (const line of outsideFences(markdown))
    assert.ok(
      known.some((form) => form.test(line)),
      line,
    )
}

const known = [
  /^$/,
  /^### converge \w+(: [\w ,;:]+)?$/,
  /^\*\*(`+)(?!`).*(?<!`)\1\*\*$/,
  /^\*\*This is cut to \d+ bytes\.\*\* /,
]

viewContract('markdown', { createView: createMarkdownView, check })

const limited = (limits: Partial<ViewContext>) => (context: ViewContext) =>
  createMarkdownView({ ...context, command: 'diff', ...limits })
const hostile = '### not a heading\n````\n```\n<b>@somebody</b>\n'
const show = (view: View) =>
  view.plan(
    plan([
      planned('web0', [fileChange('/etc/a', { before: hostile, after: `${hostile}new\n` })]),
      planned('web1', [fileChange('/etc/b', { before: '', after: 'line\n'.repeat(5000) })]),
      planned('web2', [fileChange('/etc/c', { before: '', after: 'last\n' })]),
    ]),
    'plan',
  )

test('begins with the summary, and no content ends a fence', () => {
  const { stdout } = recordView(createMarkdownView, show, { verbose: true })
  check(stdout)
  assert.match(stdout, /^### converge apply: 3 hosts: 3 to change; 3 changes\n\n\*\*`web0`\*\*\n\n`{5}diff\n/)
  assert.match(stdout, '\n+new\n`````\n')
  assert.match(stdout, '\n+last\n```\n')
})

test('is cut to a size within a group, and says where all of it is', () => {
  for (const maxBytes of [1000, 1001, 1500, 4096, 20_000]) {
    const { stdout } = recordView(limited({ maxBytes }), show, { verbose: true })
    outsideFences(stdout)
    assert.ok(Buffer.byteLength(stdout) <= maxBytes)
    assert.ok(Buffer.byteLength(stdout) > maxBytes * 0.8, `${stdout.length} of ${maxBytes}`)
    assert.match(stdout, `\n**This is cut to ${maxBytes} bytes.** \`converge diff\` shows all of it.\n`)
    assert.not.match(stdout, 'last')
  }
  const linked = limited({ maxBytes: 1000, wholeAt: 'https://ci.example/1' })
  const { stdout } = recordView(linked, show, { verbose: true })
  assert.match(stdout, '[All of it](https://ci.example/1)\n')
})

test('names the command that shows all of a diff', () => {
  const { stdout } = recordView(limited({ maxBytes: 1000 }), (view) =>
    view.diff({
      from: { name: 'main', commit: 'a'.repeat(40), path: 'cluster.yaml' },
      to: { name: 'change', commit: 'b'.repeat(40), path: 'cluster.yaml' },
      plan: plan([planned('web1', [fileChange('/etc/b', { before: '', after: 'line\n'.repeat(500) })])]),
      added: [],
      secrets: [],
    }),
  )
  assert.match(stdout, '**`from main (aaaaaaaaaaaa) to change (bbbbbbbbbbbb)`**')
  assert.match(stdout, '`converge diff main..change` shows all of it.')
})

test('is no place for questions, nor for what only people read', () => {
  const { stdout } = recordView(createMarkdownView, (view) => {
    assert.not(view.canAsk)
    showings.remark(view)
    view.proposal(plan([]), 'apply')
  })
  assert.is(stdout, '')
})

test.run()
