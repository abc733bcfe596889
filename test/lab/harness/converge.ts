import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { type CommandResult, run } from '../../../src/lab/command.ts'
import type { Lab } from '../../../src/lab/lab.ts'

/** A folder with a cluster.yaml, and the built command line run in it, as a user would. */
export interface Project {
  readonly directory: string
  write(name: string, text: string): Promise<void>
  converge(
    arguments_: readonly string[],
    environment?: Readonly<Record<string, string>>,
    /** It is killed after so many seconds. */
    killAfterSeconds?: number,
  ): Promise<CommandResult>
  remove(): Promise<void>
}

export async function createProject(spec: string): Promise<Project> {
  const directory = await mkdtemp(join(tmpdir(), 'converge-lab-project-'))
  const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text)
  await write('cluster.yaml', spec)
  return {
    directory,
    write,
    converge: (arguments_, environment = {}, killAfterSeconds = 0) =>
      run(
        'timeout',
        ['-s', 'KILL', String(killAfterSeconds), process.execPath, resolve('dist/cli.js'), ...arguments_],
        {
          cwd: directory,
          env: { ...process.env, NO_COLOR: '1', ...environment },
        },
      ),
    remove: () => rm(directory, { recursive: true, force: true }),
  }
}

/** The lines of a spec that say how the lab's hosts are reached. */
export function labSsh(lab: Lab, user: string): string {
  return `ssh: { user: ${user}, identityFile: ${lab.identityFile}, knownHostsFile: ${lab.knownHostsFile}, connectTimeoutSeconds: 5 }`
}
