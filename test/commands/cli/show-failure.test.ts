import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { showFailure } from '../../../src/commands/cli/show-failure.ts'
import { InternalError } from '../../../src/model/errors.ts'
import { createTextView } from '../../../src/report/views/text.ts'
import { refused } from '../../report/sample-plan.ts'
import { recordView } from '../../report/views/record-view.ts'
import { converge } from '../recording-io.ts'
import { makeCluster } from '../scratch.ts'

function show(error: unknown): { readonly code: number; readonly stderr: string } {
  let code = 0
  const { stdout, stderr } = recordView(createTextView, (view) => {
    code = showFailure(error, view)
  })
  assert.is(stdout, '', 'failures belong to stderr')
  return { code, stderr }
}

test('names host, step, cause and remedy of a failure of the world, and exits with 1', () => {
  assert.equal(show(refused), {
    code: 1,
    stderr: `infra1: unreachable at connect: connection refused by 192.0.2.1:22 [connect-failed]
  cause: connect ECONNREFUSED
  remedy: Check that sshd runs and that the address is right.
`,
  })
})

test('says of a bug that it is one, with the place where it is', () => {
  const { code, stderr } = show(new InternalError('a host is in no wave'))
  assert.is(code, 1)
  assert.match(
    stderr,
    /^This is a bug in converge; please report it\.\nInternalError: a host is in no wave\n {4}at /,
  )
})

test("reports this machine's own failures in one line", async () => {
  const { folder, file } = await makeCluster()
  const out = join(folder, 'occupied')
  mkdirSync(out)
  const { code, stderr } = await converge(['plan', ...file, '--out', out])
  assert.is(code, 1)
  assert.match(stderr, `error: ${out}: illegal operation on a directory\n`)
})

test.run()
