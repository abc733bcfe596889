import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ConvergeError, type Reach, type WorldErrorCode } from '../../src/model/errors.ts'
import { idleReport } from '../../src/report/apply/idle-report.ts'
import { driftOf } from '../../src/report/hosts/drift.ts'
import { hostStatus } from '../../src/report/hosts/host-status.ts'
import { driftDocument } from '../../src/report/json/drift.ts'
import { execDocument } from '../../src/report/json/exec.ts'
import { historyDocument } from '../../src/report/json/history.ts'
import { planDocument } from '../../src/report/json/plan.ts'
import { reportDocument } from '../../src/report/json/report.ts'
import { statusDocument } from '../../src/report/json/status.ts'
import { assertValid } from './assert-valid.ts'
import { plan } from './sample-plan.ts'

const expected = {
  'connect-failed': 'unreachable',
  'connect-timeout': 'unreachable',
  'connection-lost': 'unreachable',
  'authentication-failed': 'refused',
  'host-key-unknown': 'refused',
  'host-key-changed': 'refused',
  'host-key-revoked': 'refused',
  'sudo-failed': 'refused',
  'command-failed': 'failed',
  'answer-unreadable': 'failed',
  'upload-failed': 'failed',
  'download-failed': 'failed',
  'platform-mismatch': 'failed',
  'host-changed': 'failed',
  locked: 'failed',
  'resource-conflict': 'failed',
  'bootstrap-refused': 'failed',
  'no-healthy-member': 'failed',
  unconfirmed: 'failed',
  'reboot-failed': 'failed',
  'not-undone': 'failed',
  timeout: 'failed',
  'local-command': 'refused',
  unsupported: 'failed',
} as const satisfies Readonly<Record<WorldErrorCode, Reach>>

const isCode = (word: string): word is WorldErrorCode => word in expected

for (const code of Object.keys(expected).filter(isCode)) {
  test(`a host with the error ${code} has the same status in the document of every command`, () => {
    const error = new ConvergeError(code, 'what happened', { host: 'a', step: 'inspect' })
    const sample = plan([{ host: 'a', status: 'failed', error }])
    const documents = [
      ['plan', planDocument(sample, 'apply')],
      ['report', reportDocument(idleReport(sample), sample, 'apply')],
      ['status', statusDocument('sample', [hostStatus({ host: 'a', status: 'failed', error }, undefined)])],
      ['drift', driftDocument(driftOf(sample))],
      ['exec', execDocument('sample', 'uptime', [{ host: 'a', error }])],
      ['history', historyDocument('sample', [{ host: 'a', error }])],
    ] as const
    for (const [name, document] of documents) {
      assertValid(name, document)
      // A host that is busy is not in trouble: only `status`, which asks for that, says so.
      const wanted = code === 'locked' && name === 'status' ? 'applying' : expected[code]
      assert.equal(
        document.hosts.map((host) => 'status' in host && host.status),
        [wanted],
        name,
      )
    }
  })
}

test.run()
