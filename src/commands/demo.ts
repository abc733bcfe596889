import { appendFile, mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedHosts } from '../embedded/hosts.ts'
import type { View } from '../report/views/view.ts'
import { type ApplyOptions, apply } from './apply.ts'
import type { ExitCode, Io } from './io/io.ts'
import { demoSpec } from './starter/demo-spec.ts'
import { validate } from './validate.ts'

const names = ['web0', 'web1', 'web2']

/**
 * `converge demo`: three embedded hosts, taken through everything that converge does by the very commands that real
 * hosts are. The folder stays, to look at.
 */
export async function demo(io: Io, view: View): Promise<ExitCode> {
  const directory = await mkdtemp(join(tmpdir(), 'converge-demo-'))
  const embedded = await startEmbeddedHosts({ names, directory })
  const file = join(directory, 'cluster.yaml')
  const options: ApplyOptions = { file, parallel: names.length, yes: true }
  const step = (title: string) => io.stdout.write(`\n${io.stdout.style.heading(`== ${title}`)}\n\n`)
  const steps: readonly (() => Promise<ExitCode>)[] = [
    () => {
      step('converge validate: is the spec right? Nobody is contacted.')
      return validate({ file }, view)
    },
    () => {
      step('converge --dry-run: what would change? Three empty hosts, the same changes on all.')
      return apply({ ...options, dryRun: true }, io, view)
    },
    () => {
      step('converge: the same plan, applied.')
      return apply({ ...options, planShown: true }, io, view)
    },
    () => {
      step('converge again: nothing is left to do.')
      return apply(options, io, view)
    },
    async () => {
      step('Somebody edits /etc/app.conf on web1 by hand. converge --dry-run shows it:')
      await appendFile(join(directory, 'web1/etc/app.conf'), 'debug = true\n')
      return apply({ ...options, dryRun: true }, io, view)
    },
    () => {
      step('converge: the drift goes, and only what read the file restarts.')
      return apply({ ...options, planShown: true }, io, view)
    },
  ]
  try {
    await writeFile(file, demoSpec(embedded, 'Hello from converge'))
    io.stdout.write(introduction(directory))
    for (const run of steps) {
      const code = await run()
      if (code !== 0) return code
    }
    io.stdout.write(conclusion(directory))
    return 0
  } finally {
    await embedded.close()
  }
}

function introduction(directory: string): string {
  return `Three hosts run inside this process: real SSH and SFTP servers on the loopback interface, each with a folder
below ${directory} as its root. They run no systemd: a stand-in for systemctl
keeps what it would say of each unit, and logs what it was asked. Everything else is what real hosts get.
`
}

function conclusion(directory: string): string {
  return `
${'='.repeat(72)}
Everything is still there to look at (the hosts themselves are gone):
  ${join(directory, 'cluster.yaml')}   the spec
  ${join(directory, 'web1')}           a host's root: etc/app.conf, etc/systemd/system/app.service
  ${join(directory, 'web1/var/log/embedded-systemctl.log')}   what systemd was asked to do
Next: converge init my-cluster
`
}
