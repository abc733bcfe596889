import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { ask } from '../../../src/engine/inspect/inspect-host.ts'
import { ConvergeError } from '../../../src/model/errors.ts'
import type { Connection } from '../../../src/model/transport.ts'
import { assembleLibrary } from '../../../src/shell/library.ts'

const head = 'converge 1\nplatform systemd 0 \nos debian\nrelease 12\nmachine x86_64\n'

/** The error for a host that answers like this. */
async function refusal(answer: string) {
  const connection: Connection = {
    host: 'web0',
    exec: async () => ({ exitCode: 0, stdout: Buffer.from(head + answer), stderr: '' }),
    upload: async () => undefined,
    download: async () => undefined,
    close: async () => undefined,
  }
  const error = await ask(
    connection,
    [{ probe: 'package', name: 'etcd' }],
    { stateDir: '/var/lib/converge', stagingDir: '/var/tmp' },
    {
      cluster: 'test',
      library: assembleLibrary(() => ''),
    },
  ).then(
    () => undefined,
    (cause: unknown) => cause,
  )
  if (!(error instanceof ConvergeError)) throw error
  const { code, message, remedy } = error
  return { code, message, remedy }
}

test('an apply that runs during the inspection is named', async () => {
  assert.equal(
    await refusal('packages\npackages end\nremovals\nremovals end\napplying x1 ann@desk since today\nend\n'),
    {
      code: 'locked',
      message: 'another apply is running: x1 ann@desk since today',
      remedy: 'Run converge again after it has ended, or pass --lock-wait 2m to wait for it.',
    },
  )
})

test('an apply that ended during the inspection does not run any more', async () => {
  assert.equal(await refusal('packages\npackages end\nremovals\nremovals end\napplied\nend\n'), {
    code: 'locked',
    message: 'another apply changed the host while it was inspected',
    remedy: 'Run converge again.',
  })
})

test('a host without a supported package manager is distinguished from one that prints nonsense', async () => {
  assert.equal(await refusal('packages unsupported apt\nend\n'), {
    code: 'answer-unreadable',
    message: 'packages are declared, but the host has none of the supported package managers: apt',
    remedy:
      'Remove the package resources of this host from the spec. Where /usr is read-only, as on Flatcar, use an archive, a container or a system extension (systemd-sysext) instead.',
  })
})

test.run()
