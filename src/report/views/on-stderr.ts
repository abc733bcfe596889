import type { Progress } from '../../model/report.ts'
import { renderDiagnostics } from '../text/code-frame.ts'
import { escapeLine, escapeLines } from '../text/escape-control.ts'
import { advanceProgress, initialProgress, progressLine, renderProgress } from '../text/progress.ts'
import { renderError } from '../text/render-error.ts'
import type { Failure, Output, View, ViewContext } from './view.ts'

/** What every format prints to stderr. */
export function onStderr(
  context: ViewContext,
): Pick<View, 'progress' | 'warnings' | 'diagnostics' | 'failure'> {
  const { stderr, readSources } = context
  const diagnostics: View['diagnostics'] = (found, others = new Map()) => {
    if (found.length === 0) return
    const sources = new Map([...readSources(found), ...others])
    stderr.write(renderDiagnostics({ diagnostics: found, sources, style: stderr.style }))
  }
  return {
    progress: showProgress(context),
    warnings: (warnings) => diagnostics(warnings),
    diagnostics,
    failure: (failure) => stderr.write(renderFailure(failure, stderr)),
  }
}

/** How many hosts a log tells of one by one before the report groups them. */
const mostEnded = 10

/** A live view, or a line for each event if there is no terminal. */
function showProgress({ stderr, live, verbose }: ViewContext): (event: Progress) => void {
  if (live === undefined) {
    let busy: ReadonlySet<string> = new Set()
    let ended = 0
    return (event) => {
      if (event.event === 'phase') busy = new Set(event.hosts)
      // The plan has told of the hosts that could not be inspected: there may be hundreds.
      if (event.event === 'host-done' && !busy.has(event.host)) return
      const line = progressLine(event, { verbose })
      if (line === undefined) return
      if (event.event === 'host-done' && !verbose) ended += 1
      if (event.event !== 'host-done' || verbose || ended <= mostEnded) stderr.write(`${line}\n`)
      else if (ended === mostEnded + 1) stderr.write('and others, which the report names\n')
    }
  }
  let state = initialProgress
  return (event) => {
    state = advanceProgress(state, event)
    live.draw(() => renderProgress(state, { style: stderr.style, columns: live.columns }))
  }
}

function renderFailure(failure: Failure, { style }: Output): string {
  switch (failure.kind) {
    case 'host': {
      const [first = '', ...rest] = renderError(failure.error, style)
      return [`${escapeLine(failure.error.host)}: ${first}`, ...rest, ''].join('\n')
    }
    case 'system':
      return `${style.error('error:')} ${escapeLine(failure.message)}\n`
    case 'interrupted':
      return `${failure.message}\n`
    case 'bug':
      return `${style.error('This is a bug in converge; please report it.')}\n${escapeLines(failure.stack).join('\n')}\n`
  }
}
