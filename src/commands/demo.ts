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

/** `converge demo`: runs the real commands on three embedded hosts. Their folder is kept for inspection. */
export async function demo(io: Io, view: View): Promise<ExitCode> {
  const directory = await mkdtemp(join(tmpdir(), 'converge-demo-'))
  const embedded = await startEmbeddedHosts({ names, directory })
  const file = join(directory, 'cluster.yaml')
  const options: ApplyOptions = { file, parallel: names.length, yes: true }
  const step = (title: string) => io.stdout.write(`\n${io.stdout.style.heading(`== ${title}`)}\n\n`)
  const steps: readonly (() => Promise<ExitCode>)[] = [
    () => {
      step('converge validate: check the spec, without connecting to any host.')
      return validate({ file }, view)
    },
    () => {
      step('converge --dry-run: show what would change. The hosts are empty, so all get the same changes.')
      return apply({ ...options, dryRun: true }, io, view)
    },
    () => {
      step('converge: apply that plan.')
      return apply({ ...options, planShown: true }, io, view)
    },
    () => {
      step('converge again: nothing is left to change.')
      return apply(options, io, view)
    },
    async () => {
      step('/etc/app.conf is edited by hand on web1. converge --dry-run shows it:')
      await appendFile(join(directory, 'web1/etc/app.conf'), 'debug = true\n')
      return apply({ ...options, dryRun: true }, io, view)
    },
    () => {
      step('converge: undo the edit, and restart only the unit that reads the file.')
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
below ${directory} as its root. In place of systemd, a stand-in for systemctl
keeps the state of each unit and logs every action. Everything else works as on real hosts.
`
}

function conclusion(directory: string): string {
  return `
${'='.repeat(72)}
The hosts have stopped; their files are still there:
  ${join(directory, 'cluster.yaml')}   the spec
  ${join(directory, 'web1')}           a host's root: etc/app.conf, etc/systemd/system/app.service
  ${join(directory, 'web1/var/log/embedded-systemctl.log')}   the actions of systemctl
Next: converge init my-cluster
`
}
