import { onlyHost } from '../load/hosts/select-hosts.ts'
import { ConvergeError } from '../model/errors.ts'
import { escapeLine } from '../report/text/escape-control.ts'
import { renderError } from '../report/text/render-error.ts'
import type { View } from '../report/views/view.ts'
import { type HostOptions, withHosts } from './hosts/open-hosts.ts'
import type { ExitCode, Io } from './io/io.ts'
import { loadSpec } from './spec/load-spec.ts'

export interface UnlockOptions extends HostOptions {
  readonly host: string
}

/** `converge unlock HOST`: stops the apply that holds the host's lock; the next converge continues from there. */
export async function unlock(options: UnlockOptions, io: Io, view: View): Promise<ExitCode> {
  const spec = await loadSpec(options)
  const { name } = onlyHost(spec.cluster.hosts, options.host)
  return withHosts(
    { spec, options: { ...options, limit: name }, io, view, needsSecrets: false },
    async ({ session }) => {
      const answer = (await session.unlock()).get(name)
      if (answer instanceof ConvergeError) {
        io.stderr.write(`${renderError(answer, io.stderr.style).join('\n')}\n`)
        return 1
      }
      const [state = '', ...holder] = (answer ?? '').split(' ')
      io.stdout.write(`${name}: ${lockWords(state, escapeLine(holder.join(' ')))}\n`)
      return state === 'held' ? 1 : 0
    },
  )
}

function lockWords(state: string, holder: string): string {
  switch (state) {
    case 'free':
      return 'no apply holds the lock'
    case 'ended':
      return `stopped the apply ${holder}; run converge to continue from there`
    default:
      return `the apply ${holder} could not be stopped`
  }
}
